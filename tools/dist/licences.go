package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// licenceName is what files of licences and notices are called, and folders that hold them.
var licenceName = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents|third_party_licenses)`)

// module is a module that is linked into a program.
type module struct {
	path, version, sum string
	folder             string
	licences           []string // SPDX identifiers of the texts at its root, sorted
}

// collectLicences finds the texts of all that is inside a program: of the modules that are linked in, at their roots and
// beside the packages that are used, of Go's standard library, and of the embedded models. A module without any is an
// error. The files are in a folder for each module.
func collectLicences(source string, p *program) (files []file, mods []module, err error) {
	used, err := usedFolders(source, p.platform)
	if err != nil {
		return nil, nil, err
	}
	for _, dep := range p.info.Deps {
		if dep.Replace != nil {
			return nil, nil, fmt.Errorf("module %s is replaced by %s: its licence cannot be told by the name", dep.Path, dep.Replace.Path)
		}
		m := module{path: dep.Path, version: dep.Version, sum: dep.Sum}
		folders := used[dep.Path]
		if len(folders) == 0 {
			return nil, nil, fmt.Errorf("module %s is linked in, and go list has no package of it", dep.Path)
		}
		m.folder = folders[0]
		texts, err := licenceTexts(folders)
		if err != nil {
			return nil, nil, err
		}
		if len(texts) == 0 {
			return nil, nil, fmt.Errorf("module %s has no licence in %s", dep.Path, m.folder)
		}
		if m.licences = identifyModule(texts); len(m.licences) == 0 {
			return nil, nil, fmt.Errorf("module %s: no known licence is in its texts", dep.Path)
		}
		for _, t := range texts {
			t.name = path.Join("licenses", dep.Path+"@"+dep.Version, t.name)
			files = append(files, t)
		}
		mods = append(mods, m)
	}
	return append(files,
		file{name: "licenses/go/LICENSE", source: filepath.Join(goRoot(source), "LICENSE"), mode: 0o644},
		file{name: "licenses/models/LICENSE.md", source: filepath.Join(source, "models", "LICENSE.md"), mode: 0o644}), mods, nil
}

// licenceTexts are the files of licences in folders, of which the first is the module's root, and in their folders of
// that name; names are relative to the root.
func licenceTexts(folders []string) (files []file, err error) {
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !licenceName.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
				continue
			}
			err := filepath.WalkDir(filepath.Join(folder, e.Name()), func(p string, d fs.DirEntry, err error) error {
				if err != nil || !d.Type().IsRegular() {
					return err
				}
				content, err := os.ReadFile(p)
				name, relErr := filepath.Rel(folders[0], p)
				files = append(files, file{name: filepath.ToSlash(name), content: content, mode: 0o644})
				return errors.Join(err, relErr)
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

// identifyModule gives the identifiers of a module's licences, sorted: those of the texts at its root, or of all texts
// where the root's only say where the licences are.
func identifyModule(texts []file) (ids []string) {
	for _, atRoot := range []bool{true, false} {
		for _, t := range texts {
			if !atRoot || path.Dir(t.name) == "." {
				ids = append(ids, identify(t.content)...)
			}
		}
		if len(ids) > 0 {
			break
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// identify gives the SPDX identifiers of the licences in a text.
func identify(text []byte) (ids []string) {
	for _, m := range licensecheck.Scan(text).Match {
		if !m.IsURL {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// usedFolders are the folders of each module whose packages the program is made of on a platform: the root first, then
// every folder from a used package up to it.
func usedFolders(source string, p platform) (map[string][]string, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Module", "./cmd/dylora")
	cmd.Dir, cmd.Env, cmd.Stderr = source, goEnv(p), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	folders := map[string][]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct {
			Dir    string
			Module *struct {
				Path, Dir string
				Main      bool
			}
		}
		if err := dec.Decode(&pkg); errors.Is(err, io.EOF) {
			return folders, nil
		} else if err != nil {
			return nil, err
		}
		if pkg.Module == nil || pkg.Module.Main {
			continue
		}
		list := folders[pkg.Module.Path]
		if len(list) == 0 {
			list = []string{pkg.Module.Dir}
		}
		for dir := pkg.Dir; len(dir) > len(list[0]); dir = filepath.Dir(dir) {
			if !slices.Contains(list, dir) {
				list = append(list, dir)
			}
		}
		folders[pkg.Module.Path] = list
	}
}

// goRoot is where Go's tool and standard library are.
func goRoot(source string) string {
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Dir = source
	out, _ := cmd.Output() // a wrong folder has no LICENSE, which is the error then
	return strings.TrimSpace(string(out))
}
