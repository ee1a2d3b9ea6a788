"""PagerDuty, Events API v2 (https://developer.pagerduty.com/docs/events-api-v2/overview): one incident for an alarm."""

from dataclasses import dataclass, replace
from typing import Any

from activities.infra.settings import Settings
from activities.notify import texts
from activities.notify.message import NOT_CONFIGURED, Answer, Message, Place
from activities.notify.web import post, tls
from workflows.domain.escalation import DeliveryStatus, Purpose


@dataclass(frozen=True, slots=True)
class PagerDuty:
    """The place's secret is the routing key."""

    settings: Settings

    async def send(self, place: Place, message: Message) -> Answer:
        """A test opens an incident and ends it."""
        if not place.secret:
            return Answer(DeliveryStatus.REFUSED, NOT_CONFIGURED)
        answer = await self._enqueue(place.secret, message)
        if message.purpose is Purpose.TEST and answer.status is DeliveryStatus.SENT:
            return await self._enqueue(place.secret, replace(message, purpose=Purpose.RESOLVE))
        return answer

    async def _enqueue(self, routing_key: str, message: Message) -> Answer:
        url = f"{self.settings.pagerduty_url.rstrip('/')}/v2/enqueue"
        event = self._event(message) | {"routing_key": routing_key}
        answer = await post(url, context=tls(self.settings.notify_ca), json=event)
        return answer if isinstance(answer, Answer) else answer.judged()

    def _event(self, message: Message) -> dict[str, Any]:
        event: dict[str, Any] = {"dedup_key": str(message.bundle_id or message.key)}
        if message.purpose is Purpose.RESOLVE:
            return event | {"event_action": "resolve"}
        link = self.settings.console_url
        return event | {
            "event_action": "trigger",
            "payload": {
                "summary": texts.subject(replace(message, locale="en")),
                "source": f"object {message.object_number}".strip(),
                "severity": "info" if message.purpose is Purpose.TEST else "critical",
                "timestamp": message.at.isoformat(),
                "class": str(message.alarm_type or "TEST"),
                "custom_details": message.facts(),
            },
            "links": [{"href": link, "text": "Console"}] if link else [],
        }
