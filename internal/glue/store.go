package glue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/disk"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/format"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/parquet"
)

// Store keeps splits in a folder of its own, one folder each with the lines and a manifest
// of their hash. A split that is there is never asked for again.
type Store struct {
	Hub     *hub.Client
	Folder  string            // of the store
	Program string            // this binary, which hands parquet.Argument to parquet.Child
	Note    func(text string) // what a user may want to know; may be nil
}

// The files of a split's folder.
const (
	rowsName     = "rows.jsonl"
	manifestName = "manifest.json"
)

// Manifest says what the lines of a split are and where they come from.
type Manifest struct {
	Format     int    `json:"format"` // of the lines: format.Split
	Task       string `json:"task"`
	Split      string `json:"split"`
	Rows       int    `json:"rows"`
	Bytes      int64  `json:"bytes"`
	SHA256     string `json:"sha256"` // of the lines
	Repository string `json:"repository"`
	Commit     string `json:"commit"`
	File       string `json:"file"` // in the repository
}

// Split is a split of a task in the store.
type Split struct {
	Manifest
	Folder     string
	Examples   []data.Example
	Downloaded int64 // bytes that came over the network
}

// Get gives a split of a task: from the store, else from the Hub's cache, else from the
// Hub. Damaged lines are made again. Errors are those of hub.Client.Snapshot, and of class
// Invalid for files that are not as they should be.
func (s *Store) Get(ctx context.Context, t *data.Task, split string) (*Split, error) {
	split = canonical(t, split)
	folder := filepath.Join(s.Folder, t.Name+"-"+split)
	kept, err := read(folder, t, split)
	if err == nil {
		return kept, nil
	}
	if !errors.Is(err, fs.ErrNotExist) && s.Note != nil {
		s.Note(fmt.Sprintf("%v: making it again", err))
	}
	return s.make(ctx, folder, t, split)
}

// Kept gives a split that is in the store, and asks nobody for one that is not.
func (s *Store) Kept(t *data.Task, split string) (*Split, error) {
	split = canonical(t, split)
	return read(filepath.Join(s.Folder, t.Name+"-"+split), t, split)
}

// All gives every split of a task, without its examples.
func (s *Store) All(ctx context.Context, t *data.Task) ([]*Split, error) {
	var all []*Split
	for _, name := range splits(t) {
		split, err := s.Get(ctx, t, name)
		if err != nil {
			return nil, err
		}
		split.Examples = nil
		all = append(all, split)
	}
	return all, nil
}

// read takes a split from its folder, if its lines have the manifest's hash.
func read(folder string, t *data.Task, split string) (*Split, error) {
	path := filepath.Join(folder, rowsName)
	b, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		return nil, err
	}
	s := &Split{Folder: folder}
	if err := json.Unmarshal(b, &s.Manifest, json.RejectUnknownMembers(true)); err != nil || s.Format != format.Split || s.Task != t.Name || s.Split != split {
		return nil, fault.Invalidf("%s does not describe this split", filepath.Join(folder, manifestName))
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() != s.Bytes {
		return nil, fault.Invalidf("%s has %d bytes instead of %d", path, info.Size(), s.Bytes)
	}
	rows, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(rows); hex.EncodeToString(sum[:]) != s.SHA256 {
		return nil, fault.Invalidf("%s does not have the manifest's hash", path)
	}
	s.Examples, err = t.ReadLines(path, split, bytes.NewReader(rows))
	return s, err
}

// make gets a split's parquet file, has it read, and keeps the lines.
func (s *Store) make(ctx context.Context, folder string, t *data.Task, split string) (*Split, error) {
	repo, err := hub.ParseRepo(hub.Dataset, repository, "")
	if err != nil {
		return nil, err
	}
	source := file(t, split)
	snapshot, err := s.Hub.Snapshot(ctx, repo, hub.These(source))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(snapshot.Dir, filepath.FromSlash(source))
	if err := hub.Verify(path); err != nil {
		return nil, err
	}
	var rows bytes.Buffer
	if err := parquet.Lines(ctx, s.Program, path, layout(t, split), &rows); err != nil {
		return nil, err
	}
	out := &Split{Folder: folder, Downloaded: snapshot.Downloaded}
	if out.Examples, err = t.ReadLines(path, split, bytes.NewReader(rows.Bytes())); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(rows.Bytes())
	out.Manifest = Manifest{
		Format: format.Split, Task: t.Name, Split: split, Rows: len(out.Examples), Bytes: int64(rows.Len()), SHA256: hex.EncodeToString(sum[:]),
		Repository: repository, Commit: snapshot.Commit, File: source,
	}
	if err := keep(out, rows.Bytes()); err != nil && s.Note != nil { // what was made is good all the same
		s.Note(fmt.Sprintf("%v: it will be made again next time", err))
	}
	return out, nil
}

// keep puts a split into its folder, all or nothing.
func keep(s *Split, rows []byte) error {
	manifest, err := json.Marshal(s.Manifest, jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	_, err = os.Lstat(s.Folder)
	contents := []disk.Content{{Name: rowsName, Data: rows}, {Name: manifestName, Data: append(manifest, '\n')}}
	if err := disk.Commit(disk.Real{}, s.Folder, contents, err == nil); err != nil {
		if b, e := os.ReadFile(filepath.Join(s.Folder, manifestName)); e == nil && bytes.Equal(b, contents[1].Data) {
			return nil // another process was as quick
		}
		return fmt.Errorf("cannot keep %s: %w", s.Folder, err)
	}
	return nil
}
