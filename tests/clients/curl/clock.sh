#!/usr/bin/env bash
# The README's snippet that moves the clock of a broker with --test-controls.
set -euo pipefail

# [README
clock() { curl -fsS -H 'Content-Type: application/json' -d "$1" http://127.0.0.1:4567/_millrace/clock; }

clock '{"frozen": true}'                      # it stands
clock '{"advance": 301}'                      # iterators from before have expired
clock '{"now": 4102444800, "frozen": false}'  # it is 2100, and time goes on
# README]
