"""`python -m services.notify`: serve, with settings from the environment."""

from services.notify.app import create_app
from services.notify.settings import NotifySettings
from shared.runtime.server import serve

if __name__ == "__main__":
    settings = NotifySettings()
    serve(create_app(settings), settings)
