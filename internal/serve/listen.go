package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/activation"

	"github.com/dylora/dylora/internal/fault"
)

// Addresses that are not a host and a port.
const (
	unixPrefix = "unix:"   // before the path of a socket
	handed     = "systemd" // the sockets that the service manager hands over, by LISTEN_PID and LISTEN_FDS
)

// address is where a server listens.
type address struct {
	Listen string      // HOST:PORT, unix:PATH or systemd
	Mode   fs.FileMode // of the file of a Unix socket
	Remote bool        // others than this machine may ask without a token
}

// listen opens the sockets of an address; secured says that requests have to bear a token. What it refuses, it leaves as it was.
func (a address) listen(ctx context.Context, secured bool) ([]net.Listener, error) {
	path, unix := strings.CutPrefix(a.Listen, unixPrefix)
	var list []net.Listener
	var err error
	switch {
	case unix:
		list, err = one(listenUnix(ctx, path, a.Mode))
	case a.Listen == handed:
		list, err = takeHanded()
	default:
		list, err = one(a.listenTCP(ctx, secured))
	}
	for _, l := range list {
		if at, ok := l.Addr().(*net.TCPAddr); err == nil && ok && !at.IP.IsLoopback() && !secured && !a.Remote {
			err = exposed(l.Addr().String())
		}
	}
	if err != nil {
		for _, l := range list {
			_ = l.Close() // the error is what counts
		}
		return nil, err
	}
	return list, nil
}

func one(l net.Listener, err error) ([]net.Listener, error) {
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

// exposed refuses to listen where others than this machine could ask.
func exposed(at string) error {
	return fault.Because(Exposed, fault.Usagef("whoever reaches this machine at %s could ask, and would need no token", at))
}

// listenTCP listens at a host and a port. A name is looked up once, so that what is checked is what is listened at.
func (a address) listenTCP(ctx context.Context, secured bool) (net.Listener, error) {
	at, err := net.ResolveTCPAddr("tcp", a.Listen)
	if err == nil && a.Listen == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fault.Usagef("%q is no address to listen at: give HOST:PORT, unix:PATH or systemd: %w", a.Listen, err)
	}
	if !at.IP.IsLoopback() && !secured && !a.Remote {
		return nil, exposed(a.Listen)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", at.String())
	return l, busy(err, a.Listen)
}

// busy says of an address in use that it is.
func busy(err error, at string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fault.Because(AddressBusy, fmt.Errorf("another process listens at %s", at))
	case err != nil:
		return fmt.Errorf("cannot listen at %s: %w", at, err)
	}
	return nil
}

// listenUnix listens at the file of a socket, which Close of the listener removes. One that a process has left behind is replaced;
// one that is listened at, and any other file, is not.
func listenUnix(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	if path == "" || path[0] == '@' { // an abstract socket has no mode that would keep others out
		return nil, fault.Usagef("%q is no address to listen at: unix: is followed by the path of a file", unixPrefix+path)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&fs.ModeSocket == 0 {
			return nil, fault.Usagef("%s is there and is no socket: name another file to listen at", path)
		}
		if err := removeStale(path); err != nil {
			return nil, err
		}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, busy(err, path)
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("the mode of the socket cannot be set: %w", err), l.Close())
	}
	return l, nil
}

// parseMode reads the mode of a socket; "" is for its owner alone.
func parseMode(octal string) (fs.FileMode, error) {
	if octal == "" {
		return 0o600, nil
	}
	mode, err := strconv.ParseUint(octal, 8, 32)
	if err != nil || mode&^0o777 != 0 || mode&0o600 != 0o600 {
		return 0, fault.Usagef("%q is no mode of a socket: give it in octal, such as 0660, with reading and writing for its owner", octal)
	}
	return fs.FileMode(mode), nil
}

// removeStale removes a socket that nobody listens at.
func removeStale(path string) error {
	c, err := net.DialTimeout("unix", path, time.Second)
	switch {
	case err == nil:
		return errors.Join(fault.Because(AddressBusy, fmt.Errorf("another process listens at %s", path)), c.Close())
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	case errors.Is(err, fs.ErrNotExist): // it has just gone
		return nil
	}
	return fmt.Errorf("%s is a socket, and it is unknown whether somebody listens there: %w", path, err)
}

// takeHanded takes the sockets that the service manager has opened. It keeps them open when this process ends, so that
// connections wait for the next one.
func takeHanded() (list []net.Listener, err error) {
	files := activation.Files(true)
	if len(files) == 0 {
		return nil, fault.Because(NotHanded, fault.Usagef("no socket is handed to this process (LISTEN_PID, LISTEN_FDS)"))
	}
	for _, f := range files {
		l, e := net.FileListener(f)
		if e != nil {
			err = errors.Join(err, fault.Usagef("what is handed over as %s is no socket to accept connections at: %w", filepath.Base(f.Name()), e))
		} else {
			list = append(list, l)
		}
		_ = f.Close() // the listener has a copy
	}
	return list, err
}

// addressOf is how a person or a program calls a listener.
func addressOf(l net.Listener, encrypted bool) string {
	if l.Addr().Network() == "unix" {
		return unixPrefix + l.Addr().String()
	}
	if encrypted {
		return "https://" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}
