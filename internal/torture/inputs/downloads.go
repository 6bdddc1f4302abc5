package inputs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/torture/row"
)

// The row's repository: the files that a download wants, two of which are large and come from
// another host, and one that it does not want.
const repository = "org/name"

func repositoryFiles() map[string][]byte {
	some := func(n int, what string) []byte { return bytes.Repeat([]byte(what), n/len(what)+1)[:n] }
	return map[string][]byte{"config.json": []byte(`{"model_type":"roberta"}`), "tokenizer.json": some(5000, "0123456789"), "vocab.json": some(300, "abc"),
		"merges.txt": some(200, "de"), "model.safetensors": some(100_000, "0123456789abcdef"), "README.md": some(50, "x")}
}

// downloads is row R11: eight clients of one Hub where two of three requests fail. In every fifth
// case they are processes of the program, else eight clients in this one. Most of the time they
// wait, as the Hub asks them to, so that many cases are tried at a time.
func downloads(t *row.Trial) error {
	seed := t.Random.Uint64()
	var mu sync.Mutex
	seen := map[string]int{}
	row.Each(64, t.Pick(200), func(i int) {
		t.Case(fmt.Sprintf("faults of seed %d", seed+uint64(i)), func(dir string) error {
			s, stop := hubtest.Start()
			defer stop()
			s.Add("models/"+repository, repositoryFiles())
			s.Private("models/" + repository)
			faults := s.Faulty(seed + uint64(i))
			download := inProcess
			if i%5 == 0 {
				download = byPrograms
			}
			home := filepath.Join(dir, "home")
			err := download(t, dir, []string{"HF_ENDPOINT=" + s.URL, "HF_HOME=" + home, "HF_TOKEN=" + s.Token, "HF_HUB_OFFLINE="})
			if leaks := s.Leaks(); len(leaks) > 0 {
				err = errors.Join(err, fmt.Errorf("the token went to another host: %q", leaks))
			}
			mu.Lock()
			defer mu.Unlock()
			for kind, n := range faults() {
				seen[kind] += n
			}
			return errors.Join(err, oneBlobEach(filepath.Join(home, "hub"), s.Token))
		})
	})
	t.Printf("faults: %v", seen)
	return nil
}

// eight calls f in as many goroutines and joins what goes wrong.
func eight(f func() error) error {
	var all sync.WaitGroup
	var errs [8]error
	for i := range errs {
		all.Go(func() { errs[i] = f() })
	}
	all.Wait()
	return errors.Join(errs[:]...)
}

func inProcess(ctx *row.Trial, _ string, env []string) error {
	return eight(func() error {
		c, err := hub.New(func(name string) string {
			for _, v := range env {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		})
		if err != nil {
			return err
		}
		repo, err := hub.ParseRepo(hub.Model, repository, "")
		if err != nil {
			return err
		}
		bounded, cancel := context.WithTimeout(ctx, 2*patience)
		defer cancel()
		s, err := c.Snapshot(bounded, repo, hub.ModelFiles(false))
		if err == nil && len(s.Files) != len(repositoryFiles())-1 {
			err = fmt.Errorf("%d files", len(s.Files))
		}
		return err
	})
}

func byPrograms(t *row.Trial, dir string, env []string) error {
	return eight(func() error {
		p, err := execute(t, dir, env, "fetch", repository)
		if err == nil && p.Code != 0 {
			err = fmt.Errorf("exit %d: %s", p.Code, p.Talk)
		}
		return err
	})
}

// oneBlobEach checks a cache: of each wanted file one blob of the right hash under its name in the
// snapshot, nothing else, and the token nowhere.
func oneBlobEach(cache, token string) error {
	want := repositoryFiles()
	delete(want, "README.md")
	home := filepath.Join(cache, "models--org--name")
	for name, content := range want {
		b, err := os.ReadFile(filepath.Join(home, "snapshots", hubtest.Commit, name))
		if err != nil || !bytes.Equal(b, content) {
			return fmt.Errorf("%s holds %d bytes, %w", name, len(b), err)
		}
	}
	blobs := 0
	return errors.Join(filepath.WalkDir(cache, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte(token)) {
			return fmt.Errorf("%s holds the token", path)
		}
		if filepath.Base(filepath.Dir(path)) == "blobs" {
			if blobs++; filepath.Base(path) != hubtest.Etag(b) {
				return fmt.Errorf("%s has another hash", path)
			}
		}
		return nil
	}), func() error {
		if blobs != len(want) {
			return fmt.Errorf("%d blobs of %d files", blobs, len(want))
		}
		return nil
	}())
}
