package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
)

// billOfMaterials lists what is inside a program, as CycloneDX 1.6 in JSON: its modules with their sums in go.sum and the
// licences that were found, Go's standard library, and the embedded models.
func billOfMaterials(p *program, mods []module, when time.Time) ([]byte, error) {
	main := cdx.Component{
		BOMRef: purl(p.info.Main.Path, p.version()), Type: cdx.ComponentTypeApplication, Name: "dylora", Version: p.version(), PackageURL: purl(p.info.Main.Path, p.version()),
		Licenses: licensed("Apache-2.0"), Properties: settings(p.info),
	}
	goVersion := strings.TrimPrefix(p.info.GoVersion, "go")
	parts := []cdx.Component{
		{BOMRef: purl("std", goVersion), Type: cdx.ComponentTypeLibrary, Name: "std", Version: goVersion, PackageURL: purl("std", goVersion), Licenses: licensed("BSD-3-Clause")},
	}
	for _, name := range []string{"mini", "sentiment"} {
		parts = append(parts, cdx.Component{BOMRef: "model:" + name, Type: cdx.ComponentTypeMachineLearningModel, Name: name, Version: p.version(), Licenses: licensed("Apache-2.0")})
	}
	for _, m := range mods {
		c := cdx.Component{BOMRef: purl(m.path, m.version), Type: cdx.ComponentTypeLibrary, Name: m.path, Version: m.version, PackageURL: purl(m.path, m.version), Licenses: licensed(m.licences...)}
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.sum, "h1:"))
		if err != nil || len(sum) != 32 {
			return nil, fmt.Errorf("module %s has the sum %q: want h1 and 32 bytes", m.path, m.sum)
		}
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
		parts = append(parts, c)
	}
	refs := make([]string, len(parts))
	for i, c := range parts {
		refs[i] = c.BOMRef
	}
	bom := cdx.NewBOM()
	bom.Metadata = &cdx.Metadata{Timestamp: when.Format(time.RFC3339), Component: &main}
	bom.Components = &parts
	bom.Dependencies = &[]cdx.Dependency{{Ref: main.BOMRef, Dependencies: &refs}}
	var b bytes.Buffer
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
	return b.Bytes(), err
}

// purl is the package URL of a module.
func purl(path, version string) string { return "pkg:golang/" + path + "@" + version }

// licensed names licences by their SPDX identifiers.
func licensed(ids ...string) *cdx.Licenses {
	list := cdx.Licenses{}
	for _, id := range ids {
		if id == "GooglePatentsFile" { // licensecheck's own name for the grant beside Go's licence; SPDX has none
			list = append(list, cdx.LicenseChoice{License: &cdx.License{Name: "Additional IP Rights Grant (Patents)"}})
			continue
		}
		list = append(list, cdx.LicenseChoice{License: &cdx.License{ID: id}})
	}
	return &list
}

// settings are those of the build that Go's tool wrote into the program.
func settings(info *debug.BuildInfo) *[]cdx.Property {
	list := []cdx.Property{{Name: "go", Value: info.GoVersion}}
	for _, s := range info.Settings {
		list = append(list, cdx.Property{Name: "build:" + s.Key, Value: s.Value})
	}
	return &list
}
