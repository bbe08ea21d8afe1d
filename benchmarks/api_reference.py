"""What the site's redirect is measured against: the same in FastAPI with SQLAlchemy and boto3, as small as can be.

Served by `uvicorn benchmarks.api_reference:app`. It asks for no token: whoever knows a track's id is redirected.
"""

import os
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

import boto3
from botocore.config import Config
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import RedirectResponse
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

database = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"))
new_session = sessionmaker(database)
storage = boto3.client(
    "s3",
    endpoint_url=os.environ["STORAGE_ENDPOINT_URL"],
    aws_access_key_id=os.environ["STORAGE_ACCESS_KEY_ID"],
    aws_secret_access_key=os.environ["STORAGE_SECRET_ACCESS_KEY"],
    region_name="auto",
    config=Config(signature_version="s3v4"),
)
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Track(Base):
    """The columns that a redirect needs."""

    __tablename__ = "generation_track"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    audio: Mapped[str] = mapped_column(String(200))


def session() -> Iterator[Session]:
    with new_session() as opened:
        yield opened


@app.get("/audio/{track_id}")
def audio(track_id: UUID, session: Annotated[Session, Depends(session)]) -> RedirectResponse:
    """Go to a signed URL of the track."""
    track = session.get(Track, track_id)
    if track is None:
        raise HTTPException(404)
    where = {"Bucket": os.environ["STORAGE_BUCKET_NAME"], "Key": track.audio}
    return RedirectResponse(storage.generate_presigned_url("get_object", Params=where, ExpiresIn=3600), 302)
