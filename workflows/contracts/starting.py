"""How a workflow about one object is started: the keyword arguments of `Client.start_workflow` that all of them have."""

from typing import TypedDict

from temporalio.common import TypedSearchAttributes


class StartOptions(TypedDict):
    id: str
    task_queue: str
    static_summary: str
    static_details: str
    search_attributes: TypedSearchAttributes
