"""The three servers under the supervisor, as a process: ``python -m tests.deploy.small_stack <folder>``."""

import asyncio
import sys
from pathlib import Path

from deploy.local.folder import claimed, forget_environment, write_environment
from deploy.local.report import TerminalReporter
from deploy.local.supervisor import Service, Supervisor, supervise
from tests.support.stack import Stack


def main(root: Path) -> None:
    stack = Stack(root)
    services = [Service.of(server) for server in (stack.postgres, stack.valkey, stack.temporal)]

    def announce() -> None:
        write_environment(root, stack.environment())
        print("ALL READY", flush=True)

    reporter = TerminalReporter(service.name for service in services)
    with claimed(root):
        asyncio.run(supervise(Supervisor(services, reporter), announce))
        forget_environment(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
