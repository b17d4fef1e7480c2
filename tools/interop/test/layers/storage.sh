# Makes an image of three layers with buildah or podman, in the current directory. Its mounts end with the namespace of this
# script. Usage: unshare --mount bash storage.sh PROGRAM DRIVER STEPS
set -e
program=$1 driver=$2 steps=$3 here=$PWD
# podman allows 50 characters for the path of --runroot, so it is relative.
run() {
  "$program" --storage-driver "$driver" --root "$here/storage/root" --runroot storage/run "${more[@]}" "$@"
}
echo '{"default":[{"type":"insecureAcceptAnything"}]}' > policy.json
more=()
if [ "$program" = buildah ]; then
  container=$(run from scratch)
  for step in base second third; do
    mounted=$(run mount "$container")
    (cd "$mounted" && sh "$steps/$step.sh")
    run commit --quiet --signature-policy policy.json "$container" "$step"
    container=$(run from --signature-policy policy.json "$step")
  done
  mounted=$(run mount "$container")
else
  more=(--tmpdir "$here/storage/tmp" --events-backend none --cgroup-manager cgroupfs --runtime runc)
  mkdir base context
  (cd base && sh "$steps/base.sh")
  tar --create --file base.tar --xattrs --xattrs-include='*' --directory base .
  run import --quiet base.tar base
  cp "$steps/second.sh" "$steps/third.sh" context
  printf 'FROM base\nCOPY second.sh third.sh /\nRUN ["/bin/busybox","sh","/second.sh"]\nRUN ["/bin/busybox","sh","/third.sh"]\n' \
    > context/Dockerfile
  run build --quiet --layers --isolation chroot --signature-policy policy.json --tag third context
  mounted=$(run image mount third)
fi
python3 "$steps/describe-tree.py" "$mounted" > mounted.json
run push --quiet --signature-policy policy.json ${COMPRESSION:+--compression-format "$COMPRESSION"} third oci:made:v1
