package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// serve accepts the connections of a listener.
func (d *door) serve(l net.Listener) error {
	if d.encrypted {
		return d.server.ServeTLS(l, "", "")
	}
	return d.server.Serve(plainErrors{l})
}

// count counts connections.
func (d *door) count(_ net.Conn, to http.ConnState) {
	switch to {
	case http.StateNew:
		d.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		d.open.Add(-1)
	}
}

// shut closes the listeners. Each connection that was accepted is counted when it returns.
func (d *door) shut(listeners []net.Listener) (err error) {
	for _, l := range listeners {
		if e := l.Close(); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	d.accepting.Wait()
	return err
}

// lastRequests is how long connections that are kept open, and idle, stay when the server drains. A client that is about to send its
// next request has it answered, with the word that the connection ends, instead of finding it closed.
const lastRequests = 250 * time.Millisecond

// drain accepts no more connections, answers the requests of those that are open, and closes them, within a time.
func (d *door) drain(listeners []net.Listener, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	errs := []error{d.shut(listeners)}
	for until := time.Now().Add(min(lastRequests, within/2)); d.open.Load() > 0 && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
	err := d.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%d connections were closed before their requests were answered, after %v", d.open.Load(), within)
		errs = append(errs, err, d.server.Close())
		return errors.Join(errs...)
	}
	if errors.Is(err, net.ErrClosed) { // the listeners, above
		err = nil
	}
	return errors.Join(append(errs, err)...)
}
