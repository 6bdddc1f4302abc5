package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	packagefiles "github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// writePackage makes a package, "deb" or "rpm", of the files of a Linux archive, and gives its name.
func writePackage(format, out, work string, p *program, files []file, when time.Time) (string, error) {
	packager, err := nfpm.Get(format)
	if err != nil {
		return "", err
	}
	info := &nfpm.Info{
		Name: "dylora", Arch: p.arch, Platform: "linux", Version: p.version(), Section: "science", Priority: "optional", MTime: when,
		Maintainer: "The dylora project <https://github.com/dylora/dylora>", Homepage: "https://github.com/dylora/dylora", License: "Apache-2.0",
		Description: "trains LoRA adapters that work at every rank\nOne training of a text classifier gives an adapter for every rank from 1 to R:\nany lower rank is a prefix of it. The program needs nothing but itself.",
		Overridables: nfpm.Overridables{
			Recommends: []string{"ca-certificates"},
			RPM:        nfpm.RPM{BuildHost: "localhost", Group: "Applications/Engineering"},
		},
	}
	if info.Contents, err = installed(format, work, p, files, when); err != nil {
		return "", err
	}
	info = nfpm.WithDefaults(info)
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return "", err
	}
	name := packager.ConventionalFileName(info)
	var b bytes.Buffer
	if err := packager.Package(info, &b); err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(out, name), b.Bytes(), 0o666) //nolint:gosec // for everybody to read
}

// installed says where the files of an archive go on a system. Those that are not on the disk yet are put below work.
func installed(format, work string, p *program, files []file, when time.Time) (packagefiles.Contents, error) {
	var list packagefiles.Contents
	staged := filepath.Join(work, "package_"+p.arch)
	for i, f := range files {
		to := installPath(format, f.name)
		if to == "" {
			continue
		}
		content, err := f.read()
		if err != nil {
			return nil, err
		}
		if strings.HasSuffix(to, ".gz") {
			if content, err = compressed(content); err != nil {
				return nil, err
			}
		}
		from := filepath.Join(staged, format, strconv.Itoa(i))
		if err := os.MkdirAll(filepath.Dir(from), 0o777); err != nil {
			return nil, err
		}
		if err := os.WriteFile(from, content, 0o666); err != nil { //nolint:gosec // its mode in the package is below
			return nil, err
		}
		list = append(list, &packagefiles.Content{
			Source: from, Destination: to, FileInfo: &packagefiles.ContentFileInfo{Owner: "root", Group: "root", Mode: f.mode, MTime: when},
		})
	}
	return list, nil
}

// installPath is where a file of an archive is on a system; "" if packages leave it out.
func installPath(format, name string) string {
	const documents = "/usr/share/doc/dylora/"
	switch zsh := map[string]string{"deb": "vendor-completions", "rpm": "site-functions"}[format]; {
	case name == "dylora":
		return "/usr/bin/dylora"
	case name == "completions/dylora.bash":
		return "/usr/share/bash-completion/completions/dylora"
	case name == "completions/_dylora":
		return "/usr/share/zsh/" + zsh + "/_dylora"
	case name == "completions/dylora.fish":
		return "/usr/share/fish/vendor_completions.d/dylora.fish"
	case strings.HasPrefix(name, "completions/"): // PowerShell's
		return ""
	case strings.HasPrefix(name, "man/"):
		return path.Join("/usr/share", name) + ".gz"
	case name == "LICENSE" && format == "deb":
		return documents + "copyright"
	default:
		return documents + name
	}
}

// compressed is content as gzip, without a name or time.
func compressed(content []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}
