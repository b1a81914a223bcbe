"""A Django app in one module: a form, an upload, links of its own, a stream."""

import hashlib

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import path, reverse

settings.configure(SECRET_KEY="of a test", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], DEBUG=False)


def home(request):
    return JsonResponse(
        {"framework": "django", "link": reverse("thanks", args=["é a"]), "scheme": request.scheme}
    )


def form(request):
    return HttpResponseRedirect(reverse("thanks", args=[request.POST["name"]]))


def thanks(request, name):
    return HttpResponse(f"thank you, {name}")


def upload(request):
    content = request.FILES["file"].read()
    return JsonResponse({"size": len(content), "sha256": hashlib.sha256(content).hexdigest()})


def raw(request):
    return JsonResponse({"size": len(request.body)})


def stream(request):
    return StreamingHttpResponse((f"{number};" for number in range(1000)), content_type="text/plain")


urlpatterns = [
    path("", home),
    path("form", form),
    path("thanks/<str:name>", thanks, name="thanks"),
    path("upload", upload),
    path("raw", raw),
    path("stream", stream),
]
app = get_wsgi_application()
