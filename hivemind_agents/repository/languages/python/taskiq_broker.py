"""taskiq: tasks of a broker that a worker of its own runs."""

from hivemind_agents.repository.facts import SURE, Match
from hivemind_agents.repository.languages.python.project import PythonProject, target

BROKERS = (
    "taskiq_redis.ListQueueBroker", "taskiq_redis.RedisStreamBroker", "taskiq_redis.PubSubBroker",
    "taskiq_aio_pika.AioPikaBroker", "taskiq_nats.NatsBroker",
    "taskiq_nats.PullBasedJetStreamBroker",
)  # fmt: skip


def taskiq_processes(project: PythonProject) -> dict[str, str]:
    """The worker's command, by the broker's object."""
    found = next(iter(project.objects(*BROKERS)), None)
    if found is None:
        return {}
    module, name, _ = found
    folder, path = target(project, module.path, name)
    enter = f"cd {folder} && " if folder else ""
    return {"worker": f"{enter}taskiq worker {path}"}


def detect(project: PythonProject) -> Match | None:
    """A repository whose tasks are all that it has."""
    processes = taskiq_processes(project)
    if not processes:
        return None
    return Match(
        framework="taskiq", kind="worker", rank=30, confidence=SURE, kind_confidence=0.85,
        evidence=project.where("taskiq"), start=processes["worker"], processes=processes,
    )  # fmt: skip
