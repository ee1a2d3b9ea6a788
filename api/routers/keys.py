"""The public keys that access tokens are signed with, for whoever verifies them elsewhere (RFC 7517)."""

from typing import Final

from fastapi import APIRouter, Depends, Response

from activities.auth.keys import public_jwk
from activities.auth.tokens import ALGORITHM
from api.client import models
from api.deps import Served, open_to_all
from api.problems import public_problems

router = APIRouter(tags=["Session"])

_CACHED: Final = 300  # s; less than a key is published before it signs (`workflows.domain.keys`)


@router.get("/.well-known/jwks.json", dependencies=[Depends(open_to_all)], responses=public_problems(), summary="Public keys")
async def jwks(response: Response, served: Served) -> models.KeySet:
    """Those that sign, those that will soon, and those whose tokens are still accepted."""
    known = await served.keys.known()
    response.headers["Cache-Control"] = f"public, max-age={_CACHED}"
    keys = (models.PublicKey(kid=kid, use="sig", alg=ALGORITHM, **public_jwk(pem)) for kid, pem in known.public_pems.items())
    return models.KeySet(keys=tuple(keys))
