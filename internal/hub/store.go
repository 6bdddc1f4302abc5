package hub

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// store is one repository's folder in the cache. All names go through an os.Root, so no
// name and no link, whoever made it, leads out of the cache.
type store struct {
	dir    string // the folder's path
	root   *os.Root
	prefix string // of the folder within root
	locks  string // folder of the lock files
	copies bool   // files instead of links
}

// openStore opens the folder of a repository. Without create, a cache that is not there
// is fs.ErrNotExist.
func (c *Client) openStore(repo Repo, create bool) (*store, error) {
	folder := repo.folder()
	s := &store{dir: filepath.Join(c.cache, folder), prefix: folder, locks: filepath.Join(c.cache, ".locks", folder), copies: c.noLinks}
	at := c.cache
	if i, err := os.Lstat(s.dir); err == nil && i.Mode()&fs.ModeSymlink != 0 {
		at, s.prefix = s.dir, "." // somebody moved the repository to another disk
	}
	if create {
		if err := os.MkdirAll(at, 0o777); err != nil {
			return nil, fmt.Errorf("cannot make the cache: %w", err)
		}
	}
	var err error
	if s.root, err = os.OpenRoot(at); err != nil {
		return nil, err
	}
	if create {
		s.tag()
	}
	return s, nil
}

func (s *store) close() { _ = s.root.Close() }

// path is a name of the repository's folder within root.
func (s *store) path(elem ...string) string { return path.Join(append([]string{s.prefix}, elem...)...) }

// snapshot is the folder of a commit.
func (s *store) snapshot(commit string) string { return filepath.Join(s.dir, "snapshots", commit) }

// tag marks the cache as one for backup tools (bford.info/cachedir).
func (s *store) tag() {
	if s.prefix == "." {
		return
	}
	const text = "Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag, see https://bford.info/cachedir/\n"
	if n, there := s.stat("CACHEDIR.TAG"); there && n > 0 { // an empty one is of a process that was killed
		return
	}
	_ = s.root.WriteFile("CACHEDIR.TAG", []byte(text), 0o666) // a cache works without
}

// located is an error of a file with the path that the file has outside root.
func (s *store) located(err error) error {
	outside := func(name string) string {
		if filepath.IsLocal(name) && !strings.HasPrefix(name, s.root.Name()) {
			return filepath.Join(s.root.Name(), name)
		}
		return name
	}
	if e := new(fs.PathError); errors.As(err, &e) {
		e.Path = outside(e.Path)
	}
	if e := new(os.LinkError); errors.As(err, &e) {
		e.Old, e.New = outside(e.Old), outside(e.New)
	}
	return err
}

// commitOf is the commit that a revision had when it was last downloaded, "" if never.
func (s *store) commitOf(revision string) string {
	if commitPattern.MatchString(revision) {
		return revision
	}
	f, err := s.root.Open(s.path("refs", revision))
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 64))
	commit := strings.TrimSpace(string(b))
	if err != nil || !commitPattern.MatchString(commit) {
		return ""
	}
	return commit
}

// setRef remembers the commit of a revision; a commit needs no remembering. Of several processes one writes at a
// time, so that the temporary file has one name and a killed one leaves nothing that the next does not take.
func (s *store) setRef(revision, commit string) error {
	if revision == commit || s.commitOf(revision) == commit {
		return nil
	}
	if err := os.MkdirAll(s.locks, 0o777); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(s.locks, "refs.lock"), flock.SetPermissions(0o664))
	if err := lock.Lock(); err != nil {
		return fmt.Errorf("cannot lock %s: %w", lock.Path(), err)
	}
	defer lock.Close()
	name := s.path("refs", revision)
	if err := s.root.MkdirAll(path.Dir(name), 0o777); err != nil {
		return err
	}
	temp := name + ".tmp"
	f, err := s.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	_, err = f.WriteString(commit)
	if err := cmp.Or(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, s.root.Remove(temp))
	}
	return s.root.Rename(temp, name)
}

// size is that of a file in a commit's snapshot, and whether it is there.
func (s *store) size(commit, name string) (int64, bool) {
	if !validName(name) {
		return 0, false
	}
	return s.stat(s.path("snapshots", commit, name))
}

func (s *store) stat(name string) (int64, bool) {
	i, err := s.root.Stat(name)
	if err != nil || !i.Mode().IsRegular() {
		return 0, false
	}
	return i.Size(), true
}

// read is a small file of a snapshot.
func (s *store) read(commit, name string) ([]byte, error) {
	const most = 64 << 20
	f, err := s.root.Open(s.path("snapshots", commit, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && len(b) > most {
		err = fmt.Errorf("%s: larger than %d MiB", name, most>>20)
	}
	return b, err
}

// link makes a file of a snapshot lead to its blob, by a relative link as Python makes
// it; where there are no links, the blob itself moves there, as Python does it.
func (s *store) link(commit, name, etag string) error {
	at, blob := s.path("snapshots", commit, name), s.path("blobs", etag)
	if _, there := s.stat(at); there {
		return nil
	}
	if err := s.root.MkdirAll(path.Dir(at), 0o777); err != nil {
		return err
	}
	if err := s.root.Remove(at); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if s.copies {
		return s.root.Rename(blob, at)
	}
	target := strings.Repeat("../", 2+strings.Count(name, "/")) + "blobs/" + etag
	err := s.root.Symlink(filepath.FromSlash(target), at)
	for _, broken := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO} { // which is no lack of links
		if errors.Is(err, broken) {
			return err
		}
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		if _, there := s.stat(at); there {
			return nil
		}
	}
	return s.root.Rename(blob, at)
}
