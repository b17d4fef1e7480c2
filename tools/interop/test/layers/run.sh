# Runs the image in the layout `made` with podman, in the current directory: the command of its config, then another one.
# If no container runs here, writes the reason to `cannot-run.txt`.
# Usage: unshare --mount bash run.sh DRIVER STEPS
set -e
echo '{"default":[{"type":"insecureAcceptAnything"}]}' > policy.json
# podman allows 50 characters for the path of --runroot, so it is relative.
podman() {
  command podman --storage-driver "$driver" --root "$PWD/storage/root" --runroot storage/run --tmpdir "$PWD/storage/tmp" \
    --events-backend none --cgroup-manager cgroupfs --runtime runc "$@"
}
driver=$1
image=$(podman pull --quiet --signature-policy policy.json oci:made:v1)
# Limits that root may not raise everywhere.
limits=(--network none --ulimit nofile=1024:1024 --ulimit nproc=1024:1024)
python3 "$2/describe-tree.py" "$(podman image mount "$image")" > mounted.json
# Whether this machine can run containers at all.
mkdir -p probe/bin && cp "$BUSYBOX" probe/bin/busybox && tar --create --file probe.tar --directory probe .
podman import --quiet probe.tar probe >&2
podman run --rm "${limits[@]}" probe /bin/busybox true 2> cannot-run.txt || exit 0
podman run --rm "${limits[@]}" "$image"
podman run --rm "${limits[@]}" "$image" /bin/sh -c 'cat /etc/greeting /opt/link; test ! -e /etc/removed && ls /data; stat -c %a:%u:%g:%Y /data/new'
