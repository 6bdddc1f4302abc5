package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/secret"
)

// File is one of a snapshot.
type File struct {
	Name string `json:"name"`
	Size int64  `json:"bytes"`
}

// Snapshot is some files of one commit, in the cache.
type Snapshot struct {
	Repo       Repo
	Commit     string
	Dir        string // holds Files
	Files      []File
	Downloaded int64 // bytes that came over the network
}

// View is a repository as far as it can be seen: on the Hub, or in the cache alone.
type View struct {
	Has  func(name string) bool
	Read func(name string) ([]byte, error) // the whole of a small file
}

// Wanted chooses the files of a repository, or says why it has not what is needed.
type Wanted func(View) ([]string, error)

// Snapshot makes sure that the wanted files are in the cache and says where. A commit that
// is cached costs no request, a branch or tag one. What is cached is used, with a note,
// when the Hub cannot be reached or refuses; if it is not, the error has class Offline
// where the network is the reason, and Usage where the Hub knows no such thing.
//
// No message shows the token, though the Hub may repeat it.
func (c *Client) Snapshot(ctx context.Context, repo Repo, want Wanted) (*Snapshot, error) {
	s, err := c.snapshot(ctx, repo, want)
	return s, secret.Hush(err, c.token)
}

func (c *Client) snapshot(ctx context.Context, repo Repo, want Wanted) (*Snapshot, error) {
	cached, why := c.cached(repo, want)
	if cached != nil && (c.Offline || repo.Revision == cached.Commit) {
		return cached, nil
	}
	if c.Offline {
		return nil, c.unreachable(repo, why)
	}
	tries := patience
	if cached != nil {
		tries = 1 // no need to wait for a Hub that is down
	}
	var about *info
	err := c.retry(ctx, tries, func() (_ bool, err error) { about, err = c.info(ctx, repo); return false, err })
	if err == nil {
		var s *Snapshot
		if s, err = c.get(ctx, repo, about, want); err == nil {
			return s, nil
		}
		cached = nil // the revision is another one now
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if cached != nil {
		c.note(fmt.Sprintf("%v; using the copy in the cache, commit %.7s", secret.Hush(err, c.token), cached.Commit))
		return cached, nil
	}
	var t *transient
	if errors.As(err, &t) {
		return nil, c.unreachable(repo, err)
	}
	return nil, err
}

func (c *Client) note(text string) {
	if c.Note != nil {
		c.Note(text)
	}
}

// cached looks into the cache alone; the error says what is missing.
func (c *Client) cached(repo Repo, want Wanted) (*Snapshot, error) {
	s, err := c.openStore(repo, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("nothing of it is there")
	} else if err != nil {
		return nil, err
	}
	defer s.close()
	commit := s.commitOf(repo.Revision)
	if commit == "" {
		return nil, errors.New("nothing of this revision is there")
	}
	names, err := want(View{
		Has:  func(name string) bool { _, there := s.size(commit, name); return there },
		Read: func(name string) ([]byte, error) { return s.read(commit, name) },
	})
	if err != nil {
		return nil, err
	}
	return s.snapshotOf(repo, commit, names)
}

// snapshotOf lists names, which must be in the cache.
func (s *store) snapshotOf(repo Repo, commit string, names []string) (*Snapshot, error) {
	out := &Snapshot{Repo: repo, Commit: commit, Dir: s.snapshot(commit)}
	for _, name := range names {
		n, there := s.size(commit, name)
		if !there {
			return nil, fmt.Errorf("%s is missing", name)
		}
		out.Files = append(out.Files, File{name, n})
	}
	return out, nil
}

// info is what the Hub tells of a revision.
type info struct {
	Commit string `json:"sha"`
	Files  []struct {
		Name string `json:"rfilename"`
	} `json:"siblings"`
}

func (c *Client) info(ctx context.Context, repo Repo) (*info, error) {
	ctx, moved, stop := c.watch(ctx)
	defer stop()
	resp, err := c.send(ctx, http.MethodGet, c.address(repo.infoPath()), nil)
	if err != nil {
		return nil, err
	}
	defer drain(resp)
	if resp.StatusCode != http.StatusOK {
		return nil, c.refusal(resp, repo, "")
	}
	moved()
	const most = 32 << 20
	b, err := io.ReadAll(io.LimitReader(resp.Body, most))
	if err != nil {
		return nil, &transient{err: err}
	}
	about := new(info)
	if err := json.Unmarshal(b, about); err != nil || !commitPattern.MatchString(about.Commit) {
		return nil, fault.Errorf(fault.Failure, "%s: %s does not answer as a Hub does: check HF_ENDPOINT", repo, c.endpoint)
	}
	if commitPattern.MatchString(repo.Revision) && about.Commit != repo.Revision {
		return nil, fmt.Errorf("%s: %s answers with another commit, %s", repo, c.endpoint, about.Commit)
	}
	return about, nil
}

// get downloads what is wanted and not yet cached of a commit, the largest files last,
// and then remembers the commit as the revision's.
func (c *Client) get(ctx context.Context, repo Repo, about *info, want Wanted) (*Snapshot, error) {
	s, err := c.openStore(repo, true)
	if err != nil {
		return nil, err
	}
	defer s.close()
	has := map[string]bool{}
	for _, f := range about.Files {
		has[f.Name] = validName(f.Name)
	}
	got := int64(0)
	ensure := func(name string) error {
		n, err := c.ensure(ctx, s, repo, about.Commit, name)
		got += n
		return err
	}
	names, err := want(View{
		Has: func(name string) bool { return has[name] },
		Read: func(name string) ([]byte, error) {
			if err := ensure(name); err != nil {
				return nil, err
			}
			return s.read(about.Commit, name)
		},
	})
	if err != nil {
		return nil, named(repo, err)
	}
	for _, name := range names {
		if !has[name] {
			return nil, fault.Invalidf("%s: the repository has no file %q", repo, name)
		}
		if err := ensure(name); err != nil {
			return nil, err
		}
	}
	if err := s.setRef(repo.Revision, about.Commit); err != nil {
		c.note(fmt.Sprintf("%s: cannot remember the commit for use without a network: %v", repo, s.located(err)))
	}
	out, err := s.snapshotOf(repo, about.Commit, names)
	if err == nil {
		out.Downloaded = got
	}
	return out, err
}

// ensure downloads one file unless the snapshot has it.
func (c *Client) ensure(ctx context.Context, s *store, repo Repo, commit, name string) (int64, error) {
	if _, there := s.size(commit, name); there {
		return 0, nil
	}
	d := &download{c: c, s: s, repo: repo, commit: commit, name: name}
	if err := c.retry(ctx, patience, func() (bool, error) { return false, d.describe(ctx) }); err != nil {
		return 0, err
	}
	return d.got, s.located(d.run(ctx))
}

// named puts the repository before an error that does not name it.
func named(repo Repo, err error) error {
	if strings.HasPrefix(err.Error(), repo.String()) {
		return err
	}
	return fmt.Errorf("%s: %w", repo, err)
}
