"""`python -m services.review`: one review service, for the jurisdictions in `SIHAO_AREAS`."""

from services.review.app import create_app
from services.review.settings import ReviewSettings
from shared.runtime.start import start

if __name__ == "__main__":
    start(ReviewSettings, create_app)
