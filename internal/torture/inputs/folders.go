package inputs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/torture/hostile"
	"github.com/dylora/dylora/internal/torture/row"
	"github.com/dylora/dylora/models"
)

// hostileFolders is how many cases R5 has: files of package hostile, files that are none, and
// links in the cache of the Hub.
const hostileFolders = hostileFiles + 16 + 7

const hostileFiles = 222

// secret is in every file beside the folder of a model.
const secret = "SECRET-BESIDE-THE-FOLDER"

// folderCase is a folder that has to be refused.
type folderCase struct {
	what    string
	make    func(dir string) error // of the sound folder at dir, or of the cache of the Hub beside it
	adapter bool                   // the folder is read as an adapter
	model   string                 // "": the folder
	class   fault.Class            // 0: Invalid
}

// folders is row R5. A sound model is made bad in one way, in a folder beside which lie sound
// weights and a secret, and the program has to refuse it: it opens nothing beside the folder, makes
// and changes nothing anywhere, and its message has nothing of what is in other files.
func folders(t *row.Trial) error {
	cases, err := folderCases()
	if err != nil {
		return err
	}
	if len(cases) != hostileFolders {
		return fmt.Errorf("%d cases, want %d", len(cases), hostileFolders)
	}
	picked := t.Pick(len(cases))
	row.Each(2, picked, func(i int) {
		t.Case(cases[i].what, func(dir string) error { return refusedFolder(t, dir, cases[i]) })
	})
	return nil
}

func refusedFolder(t *row.Trial, dir string, c folderCase) error {
	model := filepath.Join(dir, "model")
	err := os.CopyFS(model, models.Mini())
	if err == nil {
		err = errors.Join(
			os.WriteFile(filepath.Join(model, hostile.AdapterName), []byte(hostile.Adapter), 0o666),
			os.Rename(filepath.Join(model, "model.safetensors"), filepath.Join(dir, hostile.Outside)),
			os.Mkdir(filepath.Join(model, hostile.Folder), 0o777), os.Symlink(dir, filepath.Join(model, hostile.Link)),
			os.Mkdir(filepath.Join(dir, "beside"), 0o777), c.make(model))
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"config.json", "tokenizer.json", "vocab.json", "main"} {
		if err := os.WriteFile(filepath.Join(dir, "beside", name), []byte(`{"model_type":"`+secret+`"}`), 0o666); err != nil {
			return err
		}
	}
	before, err := listed(dir)
	if err != nil {
		return err
	}
	s, err := watchOpened(dir, filepath.Join(dir, "beside"))
	if err != nil {
		return err
	}
	args, class := []string{"inspect", "--model", "./model"}, fault.Invalid
	switch {
	case c.adapter:
		args = []string{"inspect", "--adapter", "model"}
	case c.model != "":
		args[2] = c.model
	}
	if c.class != 0 {
		class = c.class
	}
	p, err := execute(t, dir, nil, args...)
	if err = errors.Join(err, s.close()); err != nil {
		return err
	}
	if strings.Contains(p.Talk, secret) {
		return fmt.Errorf("the message tells what is in another file: %.300q", p.Talk)
	}
	return errors.Join(p.refused(class), sameList(dir, before))
}

func folderCases() (all []folderCase, err error) {
	files, err := hostile.Files(func(name string) (string, error) {
		switch name {
		case hostile.IndexName:
			return hostile.Index, nil
		case hostile.AdapterName:
			return hostile.Adapter, nil
		}
		b, err := fs.ReadFile(models.Mini(), name)
		return string(b), err
	})
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		all = append(all, folderCase{what: f.What, adapter: f.Name == hostile.AdapterName, make: func(dir string) error {
			return errors.Join(withIndex(dir), os.WriteFile(filepath.Join(dir, f.Name), []byte(f.Text), 0o666))
		}})
	}
	return append(append(all, specialFiles()...), cacheLinks()...), nil
}

// withIndex gives a model without weights an index of weights.
func withIndex(dir string) error {
	return os.WriteFile(filepath.Join(dir, hostile.IndexName), []byte(hostile.Index), 0o666)
}

// specialFiles are names of the folder under which there is no file, but what never ends or blocks.
func specialFiles() (all []folderCase) {
	for _, name := range []string{hostile.ConfigName, hostile.TokenizerName, hostile.IndexName, "model.safetensors", "tokenizer_config.json", hostile.AdapterName, "adapter_model.safetensors", "dylora.json"} {
		adapter := strings.Contains(name, "adapter") || name == "dylora.json"
		replace := func(with func(path string) error) func(string) error {
			return func(dir string) error {
				path := filepath.Join(dir, name)
				if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
					return err
				}
				if name != hostile.IndexName && name != "model.safetensors" {
					if err := os.Rename(filepath.Join(filepath.Dir(dir), hostile.Outside), filepath.Join(dir, "model.safetensors")); err != nil {
						return err
					}
				}
				return with(path)
			}
		}
		all = append(all,
			folderCase{what: name + " leads to /dev/zero", adapter: adapter, make: replace(func(path string) error { return os.Symlink("/dev/zero", path) })},
			folderCase{what: name + " is a pipe", adapter: adapter, make: replace(makePipe)})
	}
	return all
}

// cacheLinks are snapshots of the Hub in the cache that lead out of it, which is as if they were
// not there; there is no network.
func cacheLinks() (all []folderCase) {
	for what, link := range map[string]string{
		"config.json leads out":    "snapshots/" + hubtest.Commit + "/config.json",
		"tokenizer.json leads out": "snapshots/" + hubtest.Commit + "/tokenizer.json",
		"weights lead out":         "snapshots/" + hubtest.Commit + "/model.safetensors",
		"a snapshot leads out":     "snapshots/" + hubtest.Commit,
		"all snapshots lead out":   "snapshots",
		"a branch leads out":       "refs/main",
		"all branches lead out":    "refs",
	} {
		all = append(all, folderCase{what: "cache: " + what, model: repository, class: fault.Offline, make: func(dir string) error {
			outside := filepath.Dir(dir)
			home := filepath.Join(outside, "home", ".cache", "huggingface", "hub", "models--org--name")
			snapshot := filepath.Join(home, "snapshots", hubtest.Commit)
			err := errors.Join(os.MkdirAll(filepath.Join(home, "refs"), 0o777), os.CopyFS(snapshot, os.DirFS(dir)),
				os.WriteFile(filepath.Join(home, "refs", "main"), []byte(hubtest.Commit), 0o666),
				os.Link(filepath.Join(outside, hostile.Outside), filepath.Join(snapshot, "model.safetensors")),
				os.RemoveAll(filepath.Join(home, link)))
			target := filepath.Join(outside, "beside")
			if strings.HasSuffix(link, ".json") || strings.HasSuffix(link, "main") {
				target = filepath.Join(target, filepath.Base(link))
			} else if strings.HasSuffix(link, ".safetensors") {
				target = filepath.Join(outside, hostile.Outside)
			}
			return errors.Join(err, os.Symlink(target, filepath.Join(home, link)))
		}})
	}
	slices.SortFunc(all, func(a, b folderCase) int { return strings.Compare(a.what, b.what) })
	return all
}
