# Makes the third layer in the current directory. Runs on this machine, or in a container with busybox.
set -e
umask 022
mkdir gone; chmod 770 gone; printf y > gone/y
rm again/new; rm opaque/new; rm -r becomes-directory; printf again > becomes-directory
rm links/two; printf two > links/two; rm pipe
rm -r linked-directory; ln -s gone linked-directory
