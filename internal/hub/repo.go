// Package hub gets files of the Hugging Face Hub into the cache that Python's
// huggingface_hub keeps, so that either finds what the other has downloaded:
//
//	models--ORG--NAME/refs/main                    the commit of a branch or tag
//	models--ORG--NAME/blobs/HASH                   contents, by SHA-256 or Git's SHA-1
//	models--ORG--NAME/blobs/HASH.incomplete        a download that was cut off
//	models--ORG--NAME/snapshots/COMMIT/config.json → ../../blobs/HASH
//	.locks/models--ORG--NAME/HASH.lock             held while a blob is written
//
// A blob takes its name only after the bytes on the disk have been hashed. The token goes
// to the Hub's own address and nowhere else.
package hub

import (
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// Kind is what a repository holds.
type Kind string

// The kinds of repositories that dylora reads.
const (
	Model   Kind = "model"
	Dataset Kind = "dataset"
)

// Repo names a repository at a revision.
type Repo struct {
	Kind     Kind
	ID       string // "org/name", or "name" for the oldest models
	Revision string // branch, tag or commit
}

// mainBranch is the revision where none is given.
const mainBranch = "main"

// longestID is the Hub's own limit for an ID's characters.
const longestID = 96

var (
	idPattern     = regexp.MustCompile(`^([A-Za-z0-9_][A-Za-z0-9_.-]*/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	commitPattern = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// ParseRepo reads "org/name" or "org/name@revision"; revision says it in another way, and
// "" is the main branch. What cannot be a name on the Hub is a Usage error: a name
// becomes part of a path.
func ParseRepo(kind Kind, name, revision string) (Repo, error) {
	id, at, both := strings.Cut(name, "@")
	switch {
	case both && revision != "" && at != revision:
		return Repo{}, fault.Usagef("%s %q: its revision is given twice: %q and %q", kind, name, at, revision)
	case both:
		revision = at
	case revision == "":
		revision = mainBranch
	}
	if !validID(id) {
		return Repo{}, fault.Usagef("%s %q: not a name of the Hugging Face Hub, which are like org/name, of letters, digits, '-', '_' and '.'", kind, id)
	}
	if !validRevision(revision) {
		return Repo{}, fault.Usagef("%s %s: %q is not a revision: give a branch, a tag or a commit", kind, id, revision)
	}
	return Repo{kind, id, revision}, nil
}

// validID follows huggingface_hub's validate_repo_id.
func validID(id string) bool {
	if len(id) > longestID || !idPattern.MatchString(id) || strings.Contains(id, "--") || strings.Contains(id, "..") {
		return false
	}
	for part := range strings.SplitSeq(id, "/") {
		if strings.HasSuffix(part, ".") || strings.HasSuffix(part, "-") {
			return false
		}
	}
	return !strings.HasSuffix(id, ".git")
}

// validRevision takes what Git takes for a branch or tag and what is a path below refs.
func validRevision(r string) bool {
	return validName(r) && !strings.ContainsAny(r, " ~^?*[") && !strings.HasSuffix(r, ".lock") && len(r) <= 255
}

// validName takes names of files that stay where they are put, on every system.
func validName(name string) bool {
	if !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\:\x00") {
		return false
	}
	for _, c := range name {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// String is "model org/name", with the revision if it is not the main branch.
func (r Repo) String() string {
	s := string(r.Kind) + " " + r.ID
	if e := r.Explicit(); e != "" {
		s += "@" + e
	}
	return s
}

// Explicit is the revision, "" for the main branch.
func (r Repo) Explicit() string {
	if r.Revision == mainBranch {
		return ""
	}
	return r.Revision
}

// folder is the repository's name in the cache.
func (r Repo) folder() string {
	return string(r.Kind) + "s--" + strings.ReplaceAll(r.ID, "/", "--")
}

// page is the path of the repository's web page, and of its files below resolve/.
func (r Repo) page() string {
	if r.Kind == Dataset {
		return "datasets/" + r.ID
	}
	return r.ID
}

// infoPath is where the Hub tells the commit and the files of the revision.
func (r Repo) infoPath() string {
	return path.Join("api", string(r.Kind)+"s", r.ID, "revision") + "/" + url.PathEscape(r.Revision)
}

// filePath is where the Hub serves a file of a commit.
func (r Repo) filePath(commit, name string) string {
	parts := strings.Split(name, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return path.Join(r.page(), "resolve", commit) + "/" + strings.Join(parts, "/")
}
