package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports pins the direction of imports: a package may use only those to its right,
// and uses each of them.
// It keeps train and evaluate, and model and adapter, from knowing each other, and the
// graph library out of everything but the model. What model and adapter both have to know, the
// names of an encoder's modules, is data in a package of its own.
func TestImports(t *testing.T) {
	allowed := map[string]string{ // package → packages of this module that it may import
		"cmd/dylora": "adapter baseline bench check cluster data datacheck disk estimate evaluate fault figure finetune flagset hub interrupt kernel model mpi nest page parquet plan predict release scripts secret serve session settings tabular terminal train",
		"configs":    "enum",
		"models":     "",
		"scripts":    "fault",

		"scripts/bench-serve":      "adapter data session settings scripts/serving",
		"scripts/everyday-remarks": "data/demo",
		"scripts/serving":          "adapter classify kernel model",
		"scripts/serving/soak":     "scripts/serving",
		"scripts/soak-serve":       "data/demo scripts/serving/soak",
		"scripts/study-split":      "",

		"settings/reference": "settings",

		"decision":        "",
		"format":          "fault",
		"contrast":        "",
		"enum":            "suggest",
		"fault":           "",
		"hub":             "fault secret tokenizer",
		"interrupt":       "cluster",
		"lfs":             "fault",
		"mpi":             "fault",
		"train/grouptest": "",
		"hub/hubtest":     "",
		"parquet":         "fault",
		"glue":            "fault format data disk hub parquet",
		"glue/gluetest":   "data hub/hubtest",
		"disk":            "",
		"disk/disktest":   "disk",
		"kernel":          "enum seed suggest",
		"packed":          "disk",
		"safetensors":     "fault lfs",
		"secret":          "",
		"seed":            "",
		"release":         "kernel",
		"spent":           "",
		"suggest":         "",
		"tabular":         "",
		"statistics":      "seed",
		"weights":         "",
		"pickle":          "fault lfs safetensors",
		"tokenizer":       "decision fault lfs",
		"card":            "",
		"headfit":         "",
		"adapter":         "card enum fault disk lfs safetensors seed suggest pickle weights model/architecture format",
		"data":            "disk enum fault lfs seed suggest data/demo",
		"data/demo":       "seed",
		"datacheck":       "data fault session settings",
		"model/op":        "kernel",
		"model/op/optest": "",
		"model":           "decision disk fault kernel lfs packed pickle safetensors seed weights model/op model/architecture",
		"pretrained":      "decision disk fault model tokenizer",
		"program":         "kernel model adapter data weights",
		"evaluate":        "fault data statistics tabular",
		"figure":          "disk evaluate",
		"flagset":         "cluster data disk estimate evaluate fault schema settings suggest",
		"terminal":        "enum evaluate train",
		"page":            "adapter data disk evaluate figure session",
		"bench":           "cluster data fault finetune kernel model program session settings tabular train",
		"predict":         "answer classify data disk enum evaluate fault session settings",
		"answer":          "data evaluate fault",
		"serve":           "answer classify fault session settings train",
		"classify":        "adapter answer data model program session settings",
		"tensorboard":     "",
		"train":           "enum fault format disk kernel safetensors schema seed data program tensorboard",

		"schema":   "",
		"settings": "adapter configs data disk evaluate fault format kernel schema suggest train track",
		"session":  "adapter cluster data data/demo decision disk evaluate fault format glue hub kernel model models packed parquet pretrained program safetensors schema settings tokenizer train weights",
		"check":    "adapter data evaluate fault program session",
		"cluster":  "fault",
		"track":    "disk fault secret format",
		"estimate": "adapter bench data evaluate fault finetune kernel model session settings train",
		"plan":     "cluster data disk estimate evaluate fault figure finetune format session settings tabular tensorboard train track",
		"baseline": "adapter enum evaluate fault finetune schema session settings tensorboard train",
		"nest":     "adapter data disk fault finetune safetensors session settings train tabular",
		"finetune": "adapter data datacheck disk evaluate fault headfit kernel model program safetensors session settings tokenizer train weights track",

		"tensorboard/tbtest": "",
		"torture":            "torture/files torture/filetrace torture/inputs torture/row torture/runs",
		"torture/files":      "hub/hubtest models safetensors torture/filetrace torture/row train",
		"torture/filetrace":  "",
		"torture/hostile":    "",
		"torture/inputs":     "data fault hub hub/hubtest kernel model models packed parquet parquet/parquettest pickle pickle/pickletest pretrained safetensors safetensors/safetensorstest spent tokenizer torture/hostile torture/row track/tracktest",
		"torture/row":        "",
		"torture/runs":       "adapter data fault kernel model packed program safetensors torture/row",
		"track/tracktest":    "",
		"model/architecture": "",
		"pickle/pickletest":  "safetensors",
		"reftest":            "safetensors",
		"kernel/kerneltest":  "kernel",

		"parquet/parquettest":         "",
		"safetensors/safetensorstest": "safetensors",
	}
	graph := []string{"model", "model/op", "model/op/optest"} // may use Gorgonia
	for _, p := range listPackages(t) {
		name := shortPath(p.ImportPath)
		row, known := allowed[name]
		delete(allowed, name)
		if !known {
			t.Errorf("%s is not in the import table", name)
		}
		left := strings.Fields(row)
		for _, path := range p.Imports {
			imported := shortPath(path)
			switch {
			case imported == path: // of another module, or the standard library's
				if why := foreign(name, path, graph); why != "" {
					t.Errorf("%s must not import %s: %s", name, path, why)
				}
			case !slices.Contains(left, imported):
				t.Errorf("%s must not import %s", name, imported)
			default:
				left = slices.DeleteFunc(left, func(s string) bool { return s == imported })
			}
		}
		for _, unused := range left {
			t.Errorf("%s may import %s and does not: take it out of the table", name, unused)
		}
	}
	for name := range allowed {
		t.Errorf("%s is in the import table and is no package", name)
	}
}

// foreign says why a package of this module must not import one of another; "" if it may.
func foreign(name, path string, graph []string) string {
	switch {
	case strings.HasPrefix(path, "gorgonia.org/") && !slices.Contains(graph, name):
		return "the graph stays in the model"
	case path == "github.com/spf13/viper" && name != "settings":
		return "settings alone merges layers"
	case (path == "github.com/spf13/cobra" || path == "github.com/spf13/pflag") && name != "cmd/dylora" && name != "flagset":
		return "commands and flags stay in cmd/dylora and flagset"
	}
	return ""
}

// goPackage is a package as the Go tool lists it.
type goPackage struct {
	ImportPath string
	Imports    []string // of its files without tests
}

// listPackages lists the packages of this module.
func listPackages(t *testing.T) (all []goPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// shortPath gives the name of a package of this module in the tables; a path of another module stays
// as it is.
func shortPath(path string) string {
	short, ours := strings.CutPrefix(path, "github.com/dylora/dylora/")
	if !ours {
		return path
	}
	return strings.TrimPrefix(short, "internal/")
}

// TestForeign: what the directions refuse of other modules, by example.
func TestForeign(t *testing.T) {
	graph := []string{"model"}
	for _, tt := range []struct {
		name, path string
		refused    bool
	}{
		{"model", "gorgonia.org/gorgonia", false},
		{"train", "gorgonia.org/tensor", true},
		{"settings", "github.com/spf13/viper", false},
		{"cmd/dylora", "github.com/spf13/viper", true},
		{"cmd/dylora", "github.com/spf13/pflag", false},
		{"settings", "github.com/spf13/pflag", true},
		{"session", "github.com/spf13/cobra", true},
		{"session", "path/filepath", false},
	} {
		if got := foreign(tt.name, tt.path, graph) != ""; got != tt.refused {
			t.Errorf("%s imports %s: refused %v, want %v", tt.name, tt.path, got, tt.refused)
		}
	}
}
