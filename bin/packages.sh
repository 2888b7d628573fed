# What the tests need of the system beside Python. Sourced by ./test.

# Prints the Debian packages that are missing, in one line.
missing_packages() {
  local missing=
  if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && ! command -v initdb >/dev/null; then
    missing+=" postgresql"
  fi
  if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
    missing+=" chromium"
  fi
  if ! compgen -G '/usr/share/fonts/*/*/NotoSansCJK*' >/dev/null && ! fc-list :lang=zh 2>/dev/null | grep -q .; then
    missing+=" fonts-noto-cjk"
  fi
  find_python >/dev/null 2>&1 || missing+=" python3-venv"
  printf '%s' "${missing# }"
}

# With root on Debian, installs what is missing; elsewhere says what to install. The tests that need it then say so.
install_packages() {
  local missing
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" != 0 ] || [ ! -e /etc/debian_version ]; then
    say "Some tests need more of this system. On Debian: apt install $missing"
    return 0
  fi
  say "Installing with apt: $missing"
  # The tests start a database of their own: the package must not make and start one for the whole system.
  local keep_out=/etc/postgresql-common/createcluster.d/hwcall-test.conf
  mkdir -p "${keep_out%/*}"
  printf 'create_main_cluster = false\n' >"$keep_out"
  # shellcheck disable=SC2086 # a list of words
  apt_install $missing 2>/dev/null || { apt-get update -qq && apt_install $missing; } || say "apt could not install: $missing"
  rm -f "$keep_out"
}

# Quiet when it works; when not, what apt said last.
apt_install() {
  local output
  output=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null 2>&1) && return
  say "$(tail -n 3 <<<"$output")"
  return 1
}
