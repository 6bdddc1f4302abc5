package hub

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/fault"
)

// Client talks to one Hub and keeps one cache. It may be used by several goroutines, and
// any number of processes may share the cache.
type Client struct {
	Offline  bool                                       // never ask the Hub
	Insecure bool                                       // ask hosts without encryption, and give such a Hub the token
	Progress func(file string, done, total int64)       // bytes of a download; total is -1 if the Hub does not say; may be nil
	Note     func(text string)                          // what a user may want to know; may be nil
	wait     func(context.Context, time.Duration) error // nil: real time

	endpoint  *url.URL
	cache     string
	noLinks   bool // copies instead of symbolic links
	token     string
	tokenFrom string // for messages
	transport http.RoundTripper
	stall     time.Duration // the time in which not a byte may come; 0: stalled
}

// Cache is the folder of the cache.
func (c *Client) Cache() string { return c.cache }

const (
	maxRedirects = 10
	// stalled bounds the time in which not a byte comes.
	stalled = 30 * time.Second
)

// address is a path of the Hub.
func (c *Client) address(path string) string { return c.endpoint.String() + "/" + path }

// send makes a request and follows redirects itself: net/http would give the token to
// subdomains, too. A HEAD stops where a redirect leaves the Hub, since the headers that
// describe the file are the Hub's. ctx must outlive the reading of the body.
func (c *Client) send(ctx context.Context, method, address string, header http.Header) (*http.Response, error) {
	client := &http.Client{Transport: c.transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, method, address, nil)
		if err != nil {
			return nil, err
		}
		for key, values := range header {
			req.Header[key] = values
		}
		if !c.Insecure && !encrypted(req.URL) {
			return nil, fault.Because(Unencrypted, fault.Usagef("%s is not asked: its address begins with http, so others on the way could read the token and change the files", req.URL.Host))
		}
		req.Header.Set("User-Agent", "dylora")
		req.Header.Set("Accept-Encoding", "identity") // lengths and ranges are the file's own
		if c.token != "" && sameOrigin(req.URL, c.endpoint) {
			req.Header.Set("Authorization", "Bearer "+c.token)
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, networkError(ctx, err)
		}
		next, err := resp.Location()
		if resp.StatusCode/100 != 3 || err != nil {
			return resp, nil //nolint:nilerr // without a place to go on, the response is the answer
		}
		if method == http.MethodHead && !sameOrigin(next, c.endpoint) {
			return resp, nil
		}
		drain(resp)
		if req.URL.Scheme == "https" && next.Scheme != "https" {
			return nil, fmt.Errorf("%s redirects to an address without encryption", req.URL.Host)
		}
		address = next.String()
	}
	return nil, fmt.Errorf("%s: more than %d redirects", c.endpoint.Host, maxRedirects)
}

// encrypted says whether nobody on the way can read or change what is sent: TLS, or no way at all,
// where the host is this machine.
func encrypted(u *url.URL) bool {
	if u.Scheme == "https" || u.Hostname() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.Unmap().IsLoopback()
}

// sameOrigin compares scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	port := func(u *url.URL) string {
		if p := u.Port(); p != "" {
			return p
		}
		return map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

// networkError drops the address from an error of net/http, since one of a CDN is signed
// and long, and sorts out the errors that no second attempt mends.
func networkError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return &transient{err: cause}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return err
	}
	var name *net.DNSError
	return &transient{err: err, lasting: errors.As(err, &name) && name.IsNotFound}
}

// drain reads a little of a body that nobody wants, so that the connection can be used again.
func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	_ = resp.Body.Close()
}

// watch gives a context that ends when nothing has moved for a while, and the function
// that says that something has.
func (c *Client) watch(ctx context.Context) (context.Context, func(), context.CancelFunc) {
	limit := cmp.Or(c.stall, stalled)
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(limit, func() { cancel(fmt.Errorf("no answer for %v", limit)) })
	return ctx, func() { timer.Reset(limit) }, func() { timer.Stop(); cancel(nil) }
}

// unreachable is the error of what is neither cached nor to be had.
func (c *Client) unreachable(repo Repo, why error) error {
	if c.Offline {
		err := fault.Errorf(fault.Offline, "%s is not in the cache %s: %w; HF_HUB_OFFLINE is set", repo, c.cache, why)
		if fault.ReasonOf(why) != "" { // what is cached needs no network, but what why asks for
			return err
		}
		return fault.Because(OfflineMode, err)
	}
	return fault.Errorf(fault.Offline, "%s is not in the cache %s, and %s cannot be reached: %w", repo, c.cache, c.endpoint.Host, why)
}
