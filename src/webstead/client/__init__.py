"""A client of the management API: of a server here, of one elsewhere, or of App Service.

`Place` says where a management is, `Api` speaks to it; each noun has a module of functions that take an Api.
It needs httpx, which takes a tenth of a second to load: the command line imports it inside its commands.
"""

from webstead.client.api import Api, Reply
from webstead.client.place import Place, of_profile, of_server, of_url

__all__ = ["Api", "Place", "Reply", "of_profile", "of_server", "of_url"]
