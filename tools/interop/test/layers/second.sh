# Makes the second layer in the current directory. Runs on this machine, or in a container with busybox.
set -e
umask 022
rm etc/c; rm -r gone; rm -r again; mkdir again; printf new > again/new; chmod 701 again
rm -r becomes-file; printf file > becomes-file; rm becomes-directory; mkdir becomes-directory; printf x > becomes-directory/x
rm -r opaque; mkdir opaque; printf new > opaque/new
chmod 640 etc/b; printf more >> links/two; ln etc/a etc/a-too
rm linked-directory; mkdir linked-directory; printf z > linked-directory/z
rm xattrs/file 'odd/*'; mv moved-later moved
