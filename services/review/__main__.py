"""`python -m services.review`: one review service, for the jurisdictions in `SIHAO_AREAS`."""

from services.review.app import create_app
from services.review.settings import ReviewSettings
from shared.runtime.server import serve

if __name__ == "__main__":
    settings = ReviewSettings()
    serve(create_app(settings), settings)
