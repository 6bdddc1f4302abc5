package inputs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// sentry watches folders and files that nobody may open: the kernel tells of every opening.
type sentry struct {
	fd    int
	paths map[int32]string
}

// watchOpened watches files and folders with what is directly in them.
func watchOpened(paths ...string) (*sentry, error) {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return nil, err
	}
	s := &sentry{fd, map[int32]string{}}
	for _, path := range paths {
		w, err := unix.InotifyAddWatch(fd, path, unix.IN_OPEN|unix.IN_ACCESS|unix.IN_MODIFY|unix.IN_CREATE|unix.IN_DELETE|unix.IN_MOVE|unix.IN_ATTRIB)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", path, err), unix.Close(fd))
		}
		s.paths[int32(w)] = path
	}
	return s, nil
}

// close ends the watch. The error names what was opened, read, written, made or removed meanwhile;
// that folders were opened to look for something in them is no error.
func (s *sentry) close() error {
	var found error
	buffer := make([]byte, 64<<10)
	for found == nil {
		n, err := unix.Read(s.fd, buffer)
		if err != nil {
			if !errors.Is(err, unix.EAGAIN) {
				found = err
			}
			break
		}
		for b := buffer[:n]; len(b) >= unix.SizeofInotifyEvent && found == nil; {
			mask, size := binary.NativeEndian.Uint32(b[4:]), binary.NativeEndian.Uint32(b[12:])
			name, _, _ := bytes.Cut(b[unix.SizeofInotifyEvent:unix.SizeofInotifyEvent+int(size)], []byte{0})
			if mask&unix.IN_ISDIR == 0 {
				found = fmt.Errorf("%s %s was opened, read or written (event %#x)", s.paths[int32(binary.NativeEndian.Uint32(b))], name, mask)
			}
			b = b[unix.SizeofInotifyEvent+int(size):]
		}
	}
	return errors.Join(found, unix.Close(s.fd))
}
