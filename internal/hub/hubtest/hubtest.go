// Package hubtest is a Hugging Face Hub on this machine: what huggingface_hub and package
// hub ask of the real one, with large files on a second host, and faults on demand.
package hubtest

import (
	"crypto/sha1" //nolint:gosec // Git names its objects by it
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// Commit is the one commit of every repository here.
const Commit = "0123456789abcdef0123456789abcdef01234567"

// Large is the size from which a file is on the second host, named by its SHA-256.
const Large = 1000

// Server is a Hub of a few repositories.
type Server struct {
	URL    string                                                   // of the Hub
	CDN    string                                                   // of the second host
	Token  string                                                   // what private and gated repositories ask for
	Before func(w http.ResponseWriter, r *http.Request) (done bool) // sees every request first, of both hosts; may be nil

	mu       sync.Mutex
	repos    map[string]*repository // by "models/org/name" or "datasets/org/name"
	requests []string               // "METHOD path", of both hosts
	leaks    []string               // requests to the second host that carried a token
}

type repository struct {
	files          map[string][]byte
	private, gated bool
	movedTo        string
}

// New starts a Hub that ends with the test.
func New(t testing.TB) *Server {
	s, stop := Start()
	t.Cleanup(stop)
	return s
}

// Start starts a Hub.
func Start() (s *Server, stop func()) {
	s = &Server{Token: "hf_secret", repos: map[string]*repository{}}
	front, back := httptest.NewServer(http.HandlerFunc(s.hub)), httptest.NewServer(http.HandlerFunc(s.cdn))
	s.URL, s.CDN = front.URL, back.URL
	return s, func() {
		front.Close()
		back.Close()
	}
}

// Add makes a repository: "models/org/name" or "datasets/org/name".
func (s *Server) Add(repo string, files map[string][]byte) {
	s.change(func() { s.repos[repo] = &repository{files: files} })
}

// Private hides a repository from those without the token, Gated its files.
func (s *Server) Private(repo string) { s.change(func() { s.repos[repo].private = true }) }

// Gated keeps a repository's files from those without the token.
func (s *Server) Gated(repo string) { s.change(func() { s.repos[repo].gated = true }) }

// Move redirects an old name to a repository.
func (s *Server) Move(from, to string) {
	s.change(func() { s.repos[from] = &repository{movedTo: to} })
}

func (s *Server) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Requests are the requests so far that contain a text.
func (s *Server) Requests(containing string) (n int) {
	s.change(func() {
		for _, r := range s.requests {
			if strings.Contains(r, containing) {
				n++
			}
		}
	})
	return n
}

// Leaks are the requests that took the token to the second host.
func (s *Server) Leaks() (all []string) {
	s.change(func() { all = append(all, s.leaks...) })
	return all
}

// Etag is the name of a file's blob.
func Etag(content []byte) string {
	if len(content) >= Large {
		sum := sha256.Sum256(content)
		return hex.EncodeToString(sum[:])
	}
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...))
	return hex.EncodeToString(sum[:])
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Error-Code", code)
	w.Header().Set("X-Error-Message", message)
	w.WriteHeader(status)
}

func (s *Server) hub(w http.ResponseWriter, r *http.Request) {
	s.change(func() { s.requests = append(s.requests, r.Method+" "+r.URL.Path) })
	if s.Before != nil && s.Before(w, r) {
		return
	}
	if key, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/"), "/revision/"); ok {
		s.info(w, r, key, rest)
		return
	}
	if key, _, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/"), "/tree/"); ok {
		s.tree(w, r, key)
		return
	}
	key, rest, ok := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/resolve/")
	if !strings.HasPrefix(key, "datasets/") {
		key = "models/" + key
	}
	revision, name, _ := strings.Cut(rest, "/")
	repo := s.find(w, r, key, revision, true)
	if repo == nil || !ok {
		return
	}
	content, there := repo.files[name]
	if !there {
		refuse(w, http.StatusNotFound, "EntryNotFound", "Entry not found")
		return
	}
	w.Header().Set("X-Repo-Commit", Commit)
	if len(content) < Large {
		w.Header().Set("ETag", `"`+Etag(content)+`"`)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(content)))
		return
	}
	w.Header().Set("X-Linked-Etag", `"`+Etag(content)+`"`)
	w.Header().Set("X-Linked-Size", fmt.Sprint(len(content)))
	w.Header().Set("ETag", `"not the file's"`)
	http.Redirect(w, r, s.CDN+"/"+key+"/"+name+"?Signature=x", http.StatusFound)
}

// find is the repository that a request may see; nil after an answer.
func (s *Server) find(w http.ResponseWriter, r *http.Request, key, revision string, files bool) (repo *repository) {
	s.change(func() { repo = s.repos[key] })
	authorized := r.Header.Get("Authorization") == "Bearer "+s.Token
	switch {
	case r.Header.Get("Authorization") != "" && !authorized:
		refuse(w, http.StatusUnauthorized, "", "Invalid credentials in Authorization header")
	case repo != nil && repo.movedTo != "":
		old, to := strings.TrimPrefix(key, "models/"), strings.TrimPrefix(repo.movedTo, "models/")
		http.Redirect(w, r, strings.Replace(r.URL.Path, old, to, 1), http.StatusTemporaryRedirect)
	case (repo == nil || repo.private) && !authorized:
		refuse(w, http.StatusUnauthorized, "RepoNotFound", "Invalid username or password.")
	case repo == nil:
		refuse(w, http.StatusNotFound, "RepoNotFound", "Repository not found")
	case files && repo.gated && !authorized:
		refuse(w, http.StatusUnauthorized, "GatedRepo", "Access to model is restricted.")
	case revision != "main" && revision != "v1" && revision != Commit:
		refuse(w, http.StatusNotFound, "RevisionNotFound", "Invalid rev id: "+revision)
	default:
		return repo
	}
	return nil
}

func (s *Server) info(w http.ResponseWriter, r *http.Request, key, revision string) {
	repo := s.find(w, r, key, revision, false)
	if repo == nil {
		return
	}
	type file struct {
		Name string `json:"rfilename"`
	}
	_, id, _ := strings.Cut(key, "/")
	about := map[string]any{"id": id, "modelId": id, "sha": Commit, "private": repo.private, "tags": []string{}, "downloads": 0, "likes": 0}
	list := []file{}
	for name := range repo.files {
		list = append(list, file{name})
	}
	about["siblings"] = list
	_ = json.NewEncoder(w).Encode(about)
}

// tree is what huggingface_hub's snapshot_download asks for.
func (s *Server) tree(w http.ResponseWriter, r *http.Request, key string) {
	repo := s.find(w, r, key, Commit, false)
	if repo == nil {
		return
	}
	list := []map[string]any{}
	for name, content := range repo.files {
		entry := map[string]any{"type": "file", "path": name, "size": len(content), "oid": Etag(content)}
		if len(content) >= Large {
			entry["oid"] = strings.Repeat("0", 40)
			entry["lfs"] = map[string]any{"oid": Etag(content), "size": len(content), "pointerSize": 130}
		}
		list = append(list, entry)
	}
	_ = json.NewEncoder(w).Encode(list)
}

// cdn serves large files to whoever has the address.
func (s *Server) cdn(w http.ResponseWriter, r *http.Request) {
	s.change(func() {
		s.requests = append(s.requests, r.Method+" "+r.URL.Path)
		if r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
			s.leaks = append(s.leaks, r.Method+" "+r.URL.Path)
		}
	})
	if s.Before != nil && s.Before(w, r) {
		return
	}
	content := s.content(r.URL.Path)
	if content == nil {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(content)))
}
