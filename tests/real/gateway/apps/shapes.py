"""Objects that are apps, and objects that are none."""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"shapes.app"]


def create_app():
    return app


def make_for(name):
    return app


def broken_factory():
    raise KeyError("DATABASE_URL")


def empty_factory():
    return None


class Holder:
    inner = staticmethod(app)

    @property
    def failing(self):
        return self.missing


class Instance:
    def __call__(self, environ, start_response):
        return app(environ, start_response)


async def asgi(scope, receive, send):
    pass


class AsgiApp:
    async def __call__(self, scope, receive, send):
        pass


async def other_coroutine():
    pass


holder = Holder()
instance = Instance()
asgi_instance = AsgiApp()
number = 7
