#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Makes docs/images/first-run.svg anew: runs lab 01 in the VM, in a terminal of its own (tmux), and
# draws two of its steps. Needs what `./run` has built and fetched, and tmux. No test compares the
# picture, for no two runs agree; tools/terminal-picture_test.py tests how it is drawn.
set -eu
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command="shmpath run 01 --place vm"
folder=$(mktemp -d)
terminal=(tmux -L "shmpath-picture-$$" -f /dev/null)
trap '"${terminal[@]}" kill-server 2>/dev/null || true; rm -rf "$folder"' EXIT

cat >"$folder/type" <<END
printf '\$ %s\n' "$command"
PATH="$PWD/build/bin:$PATH" $command
echo \$? >"$folder/status"
sleep infinity
END
"${terminal[@]}" new-session -d -x 200 -y 50 "bash '$folder/type'" \; set-option -g history-limit 20000
for _ in $(seq 300); do
  [ -s "$folder/status" ] && break
  sleep 1
done
[ "$(cat "$folder/status" 2>/dev/null)" = 0 ] || {
  echo "$command: did not end well; see: build/bin/$command" >&2
  exit 1
}
"${terminal[@]}" capture-pane -e -p -S - >"$folder/capture"
mkdir -p docs/images
tools/terminal-picture.py --title "$command" --columns 112 --part '$ shmpath' 'posix_shm ;' \
  --part 'its start,' 'write(1' --part 'step 6: store 0x11' 'write(1' --part 'complete:' '' \
  <"$folder/capture" >"$folder/picture"
cp "$folder/picture" docs/images/first-run.svg
