package hub

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

// TestHostileHub: whatever a Hub says of names, commits and hashes, nothing is written
// outside the cache.
func TestHostileHub(t *testing.T) {
	file := func(etag string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/resolve/") {
				w.Header()["ETag"] = []string{etag}
				_, _ = w.Write([]byte("{}"))
				return true
			}
			return false
		}
	}
	about := func(sha, name string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasPrefix(r.URL.Path, "/api/") {
				fmt.Fprintf(w, `{"sha":%q,"siblings":[{"rfilename":%q}]}`, sha, name)
				return true
			}
			return false
		}
	}
	type before = func(http.ResponseWriter, *http.Request) bool
	cases := map[string]before{
		"endless list": func(w http.ResponseWriter, _ *http.Request) bool {
			for range 40 {
				_, _ = w.Write([]byte(strings.Repeat(" ", 1<<20)))
			}
			return true
		},
		"key twice": func(w http.ResponseWriter, _ *http.Request) bool {
			fmt.Fprintf(w, `{"sha":"%s","sha":"%[1]s"}`, hubtest.Commit)
			return true
		},
	}
	for _, etag := range []string{"", "\"\"", "../../../x", "/etc/passwd", "..", "abc", strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("../", 21) + "x", "W/\"" + strings.Repeat("a", 39) + "\""} {
		cases["etag "+etag] = file(etag)
	}
	for _, sha := range []string{"", "main", "..", "../../x", strings.Repeat("a", 39), strings.Repeat("A", 40), strings.Repeat("../", 13) + "x"} {
		cases["commit "+sha] = about(sha, "config.json")
	}
	for _, name := range []string{"../config.json", "../../../x", "/config.json", "a/../../config.json", "C:\\config.json", "..\\config.json", "config.json\x00", "./config.json", ""} {
		cases["name "+name] = about(hubtest.Commit, name)
	}
	for name, before := range cases {
		t.Run(name, func(t *testing.T) {
			s := hubtest.New(t)
			s.Add("models/org/name", roberta())
			s.Before = before
			c := client(t, s)
			if _, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false)); err == nil {
				t.Error("no error")
			}
			for name := range tree(t, filepath.Dir(c.Cache())) {
				if !strings.HasPrefix(name, "hub/.locks/") && name != "hub/CACHEDIR.TAG" {
					t.Errorf("%s was written", name)
				}
			}
		})
	}
}

// TestLinksOutOfTheCache: links in the cache that lead out of it are no way out.
func TestLinksOutOfTheCache(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	outside := t.TempDir()
	secret := filepath.Join(outside, "config.json")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	prepare := func(link, target string) *Client {
		c := client(t, s)
		at := filepath.Join(c.Cache(), "models--org--name", link)
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(target, at); err != nil {
			t.Skip(err)
		}
		return c
	}
	get := func(c *Client) (*Snapshot, error) {
		return c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	}
	for _, folder := range []string{"blobs", "snapshots", "snapshots/" + hubtest.Commit} {
		_, err := get(prepare(folder, outside))
		checkError(t, err, fault.Failure, "escapes")
	}
	if _, err := get(prepare("refs", outside)); err != nil { // only the memory of the commit fails
		t.Error(err)
	}
	c := prepare("snapshots/"+hubtest.Commit+"/config.json", secret)
	if _, err := get(c); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(c.Cache(), "models--org--name", "snapshots", hubtest.Commit, "config.json")); err != nil || string(b) == "secret" {
		t.Errorf("config.json holds %q, %v", b, err)
	}
	if b, err := os.ReadFile(secret); err != nil || string(b) != "secret" || len(tree(t, outside)) != 1 {
		t.Errorf("outside: %q, %v, %v", b, err, tree(t, outside))
	}
}

// TestMovedFolder: a repository's folder that its owner moved to another disk, leaving a
// link, is used where it is.
func TestMovedFolder(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	c, elsewhere := client(t, s), t.TempDir()
	if err := os.MkdirAll(c.Cache(), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(elsewhere, filepath.Join(c.Cache(), "models--org--name")); err != nil {
		t.Skip(err)
	}
	for range 2 {
		if _, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false)); err != nil {
			t.Fatal(err)
		}
		c.Offline = true
	}
	if _, err := os.Stat(filepath.Join(elsewhere, "refs", "main")); err != nil {
		t.Error(err)
	}
}

// TestDamagedCache: what is half there is downloaded again, what cannot be read is said.
func TestDamagedCache(t *testing.T) {
	s := hubtest.New(t)
	s.Add("models/org/name", roberta())
	c := client(t, s)
	get := func() (*Snapshot, error) {
		return c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	}
	if _, err := get(); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(c.Cache(), "models--org--name")
	damage := map[string]func() error{
		"no blob":     func() error { return os.Remove(filepath.Join(home, "blobs", hubtest.Etag(roberta()["vocab.json"]))) },
		"half a ref":  func() error { return os.WriteFile(filepath.Join(home, "refs", "main"), []byte("0123"), 0o600) },
		"foreign ref": func() error { return os.WriteFile(filepath.Join(home, "refs", "main"), []byte("../../.."), 0o600) },
		"short blob under a link that is gone": func() error {
			if err := os.Remove(filepath.Join(home, "snapshots", hubtest.Commit, "config.json")); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(home, "blobs", hubtest.Etag(roberta()["config.json"])), []byte("{"), 0o600)
		},
		"a part that is longer than the file": func() error {
			etag := hubtest.Etag(roberta()["merges.txt"])
			if err := os.Remove(filepath.Join(home, "blobs", etag)); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(home, "blobs", etag+".incomplete"), blob(1000), 0o600)
		},
	}
	for name, f := range damage {
		if err := f(); err != nil {
			t.Fatal(name, err)
		}
		got, err := get()
		if err != nil {
			t.Fatal(name, err)
		}
		for _, file := range got.Files {
			if b, err := os.ReadFile(filepath.Join(got.Dir, file.Name)); err != nil || string(b) != string(roberta()[file.Name]) {
				t.Errorf("%s: %s holds %d bytes, %v", name, file.Name, len(b), err)
			}
		}
	}
}
