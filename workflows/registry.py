"""Every workflow, and how workflows are run: one list for workers, replayers and tests."""

from typing import Any, Final

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.auto_arm import AutoArm
from workflows.bundle_alarm import BundleAlarm
from workflows.callback import CallbackReminder
from workflows.escalation import Escalation
from workflows.key_rotation import KeyRotation
from workflows.object_import import ObjectImport
from workflows.panel_connection import PanelConnection
from workflows.panel_names import PanelNames
from workflows.satel_command import SatelCommand
from workflows.secret_reveal import SecretReveal
from workflows.service_mode import ServiceMode

WORKFLOWS: Final[tuple[type[Any], ...]] = (
    *(AutoArm, BundleAlarm, CallbackReminder, Escalation, KeyRotation, ObjectImport),
    *(PanelConnection, PanelNames, SatelCommand, SecretReveal, ServiceMode),
)

# Deterministic by the import rules, so the sandbox need not load them anew for every run (design §5).
PASSTHROUGH: Final = ("workflows.domain", "workflows.contracts", "workflows.history", "workflows.log")


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox stays on; only what is known to be pure goes through."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSTHROUGH))
