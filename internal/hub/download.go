package hub

import (
	"cmp"
	"context"
	"crypto/sha1" //nolint:gosec // Git names its objects by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/dylora/dylora/internal/fault"
)

// download is one file of one commit on its way into the cache.
type download struct {
	c            *Client
	s            *store
	repo         Repo
	commit, name string
	etag         string // SHA-256 of the file in hex, or SHA-1 of it as a Git object
	size         int64  // -1: the Hub does not say
	got          int64  // bytes that came over the network
}

// describe asks the Hub for a file's hash and size.
func (d *download) describe(ctx context.Context) error {
	ctx, _, stop := d.c.watch(ctx)
	defer stop()
	resp, err := d.c.send(ctx, http.MethodHead, d.c.address(d.repo.filePath(d.commit, d.name)), nil)
	if err != nil {
		return err
	}
	defer drain(resp)
	if resp.StatusCode >= 400 {
		return d.c.refusal(resp, d.repo, d.name)
	}
	etag := resp.Header.Get("X-Linked-Etag")
	if etag == "" {
		etag = resp.Header.Get("ETag")
	}
	d.etag = strings.ToLower(strings.Trim(strings.TrimPrefix(etag, "W/"), `"`))
	if newHash(d.etag, 0) == nil {
		return fmt.Errorf("%s: %s gives no hash to check %s by (ETag %s)", d.repo, d.c.endpoint.Host, d.name, printable(etag))
	}
	d.size = -1
	if n, err := strconv.ParseInt(resp.Header.Get("X-Linked-Size"), 10, 64); err == nil && n >= 0 {
		d.size = n
	} else if resp.StatusCode/100 == 2 {
		d.size = resp.ContentLength
	}
	return nil
}

// newHash is the hash that an etag is one of, for a file of so many bytes; nil if none.
func newHash(etag string, size int64) hash.Hash {
	if _, err := hex.DecodeString(etag); err != nil {
		return nil
	}
	switch len(etag) {
	case 2 * sha256.Size:
		return sha256.New()
	case 2 * sha1.Size:
		h := sha1.New() //nolint:gosec // Git names its objects by it
		fmt.Fprintf(h, "blob %d\x00", size)
		return h
	}
	return nil
}

// run puts the file into the snapshot. Of several processes that want it, one downloads.
func (d *download) run(ctx context.Context) error {
	if err := os.MkdirAll(d.s.locks, 0o777); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(d.s.locks, d.etag+".lock"), flock.SetPermissions(0o664))
	if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("cannot lock %s: %w", lock.Path(), err)
	}
	defer lock.Close()
	blob := d.s.path("blobs", d.etag)
	if _, there := d.s.size(d.commit, d.name); there {
		return nil
	}
	if n, there := d.s.stat(blob); !there || d.size >= 0 && n != d.size {
		if err := d.fetch(ctx, blob); err != nil {
			return err
		}
	}
	return d.s.link(d.commit, d.name, d.etag)
}

// fetch downloads into HASH.incomplete, going on where an earlier attempt ended, and
// gives it the blob's name once it has the right hash.
func (d *download) fetch(ctx context.Context, blob string) error {
	if err := d.s.root.MkdirAll(path.Dir(blob), 0o777); err != nil {
		return err
	}
	part := blob + ".incomplete"
	f, err := d.s.root.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	for wrong := 0; ; {
		err := d.c.retry(ctx, patience, func() (bool, error) { return d.transfer(ctx, f) })
		if err != nil {
			return fmt.Errorf("%s: %s: %w", d.repo, d.name, err)
		}
		ok, err := d.verify(f)
		if err != nil {
			return err
		}
		if ok {
			break
		}
		if err := f.Truncate(0); err != nil {
			return err
		}
		if wrong++; wrong == 3 {
			return fault.Invalidf("%s: %s: what arrives is not what the Hub announces (hash %.12s…), three times over: try again later, or another HF_ENDPOINT", d.repo, d.name, d.etag)
		}
	}
	if err := cmp.Or(f.Sync(), f.Close()); err != nil {
		return err
	}
	return d.s.root.Rename(part, blob)
}

// verify hashes the bytes on the disk, whoever wrote them.
func (d *download) verify(f *os.File) (bool, error) {
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	h := newHash(d.etag, size)
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)) == d.etag, err
}

// transfer asks for what is missing of the file, once.
func (d *download) transfer(ctx context.Context, f *os.File) (further bool, err error) {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return false, err
	}
	if have == d.size {
		return false, nil
	}
	if d.size >= 0 && have > d.size {
		if have, err = 0, restart(f); err != nil {
			return false, err
		}
	}
	watched, moved, stop := d.c.watch(ctx)
	defer stop()
	header := http.Header{}
	if have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	resp, err := d.c.send(watched, http.MethodGet, d.c.address(d.repo.filePath(d.commit, d.name)), header)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusPartialContent && have > 0 && strings.HasPrefix(resp.Header.Get("Content-Range"), fmt.Sprintf("bytes %d-", have)):
	case resp.StatusCode == http.StatusPartialContent, resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return false, errors.Join(restart(f), &transient{err: errors.New("the server answers another range than it was asked for")})
	case resp.StatusCode == http.StatusOK:
		if have, err = 0, restart(f); err != nil {
			return false, err
		}
	default:
		return false, d.c.refusal(resp, d.repo, d.name)
	}
	n, err := d.copy(f, resp, have, moved)
	d.got += n
	return n > 0, err
}

func restart(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// copy appends the body to f, which has so many bytes. Only reading may fail for a while:
// an error of the disk is one for good.
func (d *download) copy(f *os.File, resp *http.Response, have int64, moved func()) (n int64, err error) {
	total := d.size
	if total < 0 && resp.ContentLength >= 0 {
		total = have + resp.ContentLength
	}
	buf := make([]byte, 256<<10)
	for {
		k, readErr := resp.Body.Read(buf)
		moved()
		if d.size >= 0 && have+n+int64(k) > d.size {
			return 0, errors.Join(restart(f), &transient{err: fmt.Errorf("more than the %d bytes announced", d.size)})
		}
		if _, err := f.Write(buf[:k]); err != nil {
			return n, fmt.Errorf("%s: %w", f.Name(), err)
		}
		n += int64(k)
		if d.c.Progress != nil && k > 0 {
			d.c.Progress(d.name, have+n, total)
		}
		switch {
		case errors.Is(readErr, io.EOF) && (d.size < 0 || have+n == d.size):
			return n, nil
		case readErr != nil:
			if cause := context.Cause(resp.Request.Context()); cause != nil {
				readErr = cause
			}
			return n, &transient{err: fmt.Errorf("cut off after %d of %d bytes: %w", have+n, total, readErr)}
		}
	}
}
