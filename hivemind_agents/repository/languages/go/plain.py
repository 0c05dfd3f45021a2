"""Go that serves nothing: a worker, a program of the shell, a library."""

from hivemind_agents.repository.facts import GUESS, LIKELY, SURE, Match
from hivemind_agents.repository.languages.go.project import GoProject

_WORKERS = (
    r"discordgo\.New|tgbotapi\.New|telebot\.New|asynq\.NewServer|sarama\.NewConsumer|kafka\.NewReader|"
    r"worker\.New\(|\.Consume\(|cron\.New\(|gocron\.New|slack\.NewRTM|socketmode\.New|river\.NewClient|"
    r"nats\.Connect|\.GetUpdatesChan|lambda\.Start\("
)
_ENDLESS = (
    r"\bfor\s*\{[^}]{0,400}(?:time\.Sleep|<-\w*[tT]icker|select\s*\{)|"
    r"range\s+(?:time\.(?:NewTicker|Tick)\(|\w*[tT]icker\.C)"
)


def plain_match(project: GoProject) -> Match:
    """What the program does decides; without a program it is a library."""
    program = project.program
    if program is None:
        first = project.files[0][0] if project.files else ""
        return Match(
            framework=None, kind="library", rank=1, evidence=(first,) if first else (),
            kind_confidence=0.88 if first else GUESS,
        )  # fmt: skip
    build, start = (project.build(program),), f"./{project.output}"
    endless = program.first(_WORKERS) or program.first(_ENDLESS)
    if endless:
        return Match(
            framework=None,
            kind="worker",
            rank=15,
            evidence=(endless.where,),
            kind_confidence=LIKELY,
            start=start,
            start_confidence=LIKELY,
            build=build,
            processes={"worker": start},
        )
    return Match(
        framework=None, kind="cli", rank=10, evidence=(program.main,),
        kind_confidence=SURE if len(program.files) < 5 else LIKELY, start=start,
        start_confidence=LIKELY, build=build,
    )  # fmt: skip
