#!/bin/bash
# servers.sh up [L0 L2 L2jwt fastify1 fastify2] | down : the yardsticks on 127.0.0.1 (L0, L2jwt and fastify2 when none is named).
set -e; . "$(dirname "$0")/common.sh"
app=$D/yardstick/out/Bench.dll
one() {
  case $1 in
  L0) start L0 env MODE=l0 PORT=41000 dotnet "$app"; listening 41000 20 ;;
  L2) start L2 env MODE=l2 POOL=8 PORT=41001 dotnet "$app"; listening 41001 20 ;;
  L2jwt) start L2jwt env MODE=l2jwt POOL=8 PORT=41002 dotnet "$app"; listening 41002 20 ;;
  fastify1) start fastify1 env WORKERS=1 PORT=41011 NODE_ENV=production node "$D/fastify/server.mjs"; listening 41011 20 ;;
  fastify2) start fastify2 env WORKERS=2 PORT=41012 NODE_ENV=production node "$D/fastify/server.mjs"; listening 41012 20 ;;
  *) sed -n 2p "$0" >&2; exit 64 ;;
  esac
}
case $1 in
up) shift; for name in ${@:-L0 L2jwt fastify2}; do one "$name"; done ;;
down) for name in L0 L2 L2jwt fastify1 fastify2; do stop $name; done ;;
*) sed -n 2p "$0" >&2; exit 64 ;;
esac
