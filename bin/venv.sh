# What ./run and ./test share: the virtual environment. Sourced from the project's folder.

say() { printf '%s\n' "$*" >&2; }

# Prints a Python of 3.11 or later that can make virtual environments, or says what to install.
find_python() {
  local name found=
  for name in python3.11 python3 python3.12 python3.13 python3.14; do
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    found=${found:-$name}
    if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  if [ -z "$found" ]; then
    say "HwCall needs Python 3.11 or later. On Debian 12: apt install python3 python3-venv"
  else
    say "HwCall needs Python's venv module. On Debian: apt install" \
      "$("$found" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
  fi
  return 1
}

# What .venv must be to be used as it is: made here, by this Python. A copied, moved or half-made one is not.
venv_identity() { printf '%s\n' "$PWD" && .venv/bin/python -ISc 'import sys; print(sys.version)' 2>/dev/null; }

# install_locked FILE WORDS: .venv holds what FILE locks. WORDS tell whoever waits what is going on.
install_locked() (
  set -eu
  # One at a time, where the system has flock: the folder itself is the lock.
  if command -v flock >/dev/null; then
    exec 9<.
    flock 9
  fi
  file=$1
  stamp=.venv/installed-${file%.txt}
  hash=$(cksum <"$file")
  sound=
  if [ "$(cat .venv/identity 2>/dev/null)" = "$(venv_identity)" ]; then
    sound=yes
    if [ "$(cat "$stamp" 2>/dev/null)" = "$hash" ]; then
      return 0
    fi
  fi
  [ -n "$sound" ] || python=$(find_python)
  say "$2"
  if [ -z "$sound" ]; then
    rm -rf .venv
    "$python" -m venv .venv
  fi
  # Until all is there, .venv counts as half-made.
  rm -f .venv/identity "$stamp"
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$file"
  printf '%s\n' "$hash" >"$stamp"
  venv_identity >.venv/identity
)
