"""Orders of several people for several engines."""

import random
from collections.abc import Sequence
from uuid import UUID

from accounts.models import User
from generation import jobs
from generation.engines.request import MusicRequest
from generation.models import Job
from generation.models.job_states import ACTIVE, Status
from generation.tests.torture.scale import PATIENCE_SECONDS
from generation.tests.working import wait_until

LOOK_SECONDS = 0.2
PROMPTS = ("rainy night lo-fi", "slow piano", "synthwave drive", "calm ambient pads", "funky bass groove")


class Orders:
    """Orders in turn for each of the people, drawn from a seeded chance."""

    def __init__(self, people: Sequence[User], chance: random.Random) -> None:
        self.people = people
        self.chance = chance
        self.placed: list[UUID] = []

    def order(self, engine: str, duration: float) -> Job:
        request = MusicRequest(
            prompt=self.chance.choice(PROMPTS), duration=duration, seed=self.chance.randrange(1 << 32)
        )
        owner = self.people[len(self.placed) % len(self.people)]
        job = jobs.submit(owner=owner, request=request, engine=engine)
        self.placed.append(job.pk)
        return job

    def order_mixed(self, count: int) -> None:
        """Half for the composer, half for the remote engine."""
        for number in range(count):
            if number % 2:
                self.order("remote", 1.0)
            else:
                self.order("composer", 5.0)

    def jobs(self) -> list[Job]:
        return list(Job.objects.filter(pk__in=self.placed).order_by("created_at"))

    def completed(self) -> int:
        return Job.objects.filter(pk__in=self.placed, status=Status.COMPLETED).count()

    def ended(self) -> int:
        return Job.objects.filter(pk__in=self.placed).exclude(status__in=ACTIVE).count()

    def wait_until_completed(self, count: int) -> None:
        wait_until(lambda: self.completed() >= count, PATIENCE_SECONDS, every=LOOK_SECONDS)

    def wait_until_ended(self) -> float:
        """Wait until every job has ended, and say how many seconds that took."""
        return wait_until(lambda: self.ended() == len(self.placed), PATIENCE_SECONDS, every=LOOK_SECONDS)
