"""`hivemind bootstrap`."""

import os
import subprocess
import sys
from pathlib import Path

from hivemind_agents.cli import changing, driving, output, reading
from hivemind_agents.cli.frame import JsonOption, RegionOption, TargetOption, YesOption, new_app
from hivemind_agents.errors import RunFailed

app = new_app()


@app.command()
def bootstrap(
    target: TargetOption = None,
    region: RegionOption = None,
    yes: YesOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make the state bucket of an account and region; the first deploy does it by itself.

    It is one CloudFormation stack, hivemind-bootstrap, with one private bucket: records, leases
    and artifacts. Deleting the stack keeps the bucket.

    \b
    Examples:
      hivemind bootstrap
      hivemind bootstrap --region us-east-1 --yes
    """
    from hivemind_agents.locations import ansible_home
    from hivemind_agents.state.bucket import StateBucket

    place = changing.announced(target, region)
    driving.confirm(f"Make or update the state bucket in {place.region}?", yes=yes)
    home = ansible_home()
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/bootstrap.yml"]
    done = subprocess.run(
        command,
        cwd=home,
        env={**os.environ, "ANSIBLE_CONFIG": str(home / "ansible.cfg")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        output.note(done.stdout + done.stderr)
        raise RunFailed("the bootstrap stack could not be made (see above)", mend="hivemind doctor")
    bucket = StateBucket.open(reading.session())
    if as_json:
        output.document({"target": place.name, "region": place.region, "bucket": bucket.name})
    else:
        if " changed=0 " in done.stdout:
            output.note("Nothing changed.")
        output.result(f"The state bucket of {place.name} ({place.region}) is {bucket.name}")
