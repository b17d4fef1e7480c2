# Makes the first layer in the current directory. Runs as root on this machine.
set -e
umask 022
mkdir -p bin etc opaque/sub links odd gone again becomes-file/x xattrs/directory tmp
cp "$BUSYBOX" bin/busybox
printf a > etc/a; printf b > etc/b; printf c > etc/c; chmod 600 etc/b; chmod 000 etc/c
chown 1234:5678 etc/a; chown 70000:4000000000 etc/b; chmod 4755 etc/a
printf old > opaque/old; printf old > opaque/sub/old
printf 1 > links/one; ln links/one links/two; ln links/one etc/one
ln -s one links/symlink; ln links/symlink links/symlink-too
printf x > gone/x; printf o > again/old; printf x > becomes-file/x/y; printf x > becomes-directory
ln -s again linked-directory; printf v > moved-later
long=$(printf 'd%.0s' $(seq 120))/$(printf 'e%.0s' $(seq 120))
mkdir -p "$long"; printf long > "$long/$(printf 'f%.0s' $(seq 200))"
(
  cd odd
  for name in "new
line" "	tab" "ü" "space " 'back\slash' '*' "😀" "-x" ".hidden" "$(printf 'b\377\376')" "..." "wh.name"; do
    printf '%s' "$name" > "./$name"
  done
)
printf start > sparse; truncate -s 3M sparse; printf end >> sparse
mknod null c 1 3; mknod disk b 8 1; mkfifo pipe; chmod 1777 tmp
printf x > xattrs/file; printf x > xattrs/kept
setfattr -n user.one -v value xattrs/file
setfattr -n user.two -v "$(printf 'new\nline')" xattrs/kept
setfattr -n user.three -v 3 xattrs/directory
# The capability cap_net_raw+ep. Programs with it do not start everywhere.
setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 xattrs/kept
touch -d '1970-01-01 00:00:07 UTC' etc/a
touch -d '2001-02-03 04:05:06.789 UTC' etc/b
touch -h -d '2002-02-03 04:05:06 UTC' links/symlink
touch -d '2003-02-03 04:05:06 UTC' gone tmp
