package session

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

func TestFetchModel(t *testing.T) {
	s := surround(t)
	onHub(t, s)
	d := settled(t, "").Data
	f, err := Fetch(t.Context(), s.Env, d, "org/boats")
	must(t, err)
	var list []string
	sum := int64(0)
	for _, file := range f.Files {
		list, sum = append(list, file.Name), sum+file.Size
		if got := int64(len(read(t, f.Folder, file.Name))); got != file.Size {
			t.Errorf("%s: %d bytes, said to be %d", file.Name, got, file.Size)
		}
	}
	if f.Name != "org/boats" || f.Kind != "model" || f.Commit != hubtest.Commit || f.Bytes != sum || f.Downloaded != sum ||
		!slices.Contains(list, "model.safetensors") || slices.Contains(list, "README.md") {
		t.Errorf("fetched %+v", f)
	}
	if f, err = Fetch(t.Context(), s.Env, d, "org/boats"); err != nil || f.Downloaded != 0 || f.Bytes != sum {
		t.Errorf("the second time %+v, %v", f, err)
	}
	if f, err = Fetch(t.Context(), s.Env, settled(t, "revision: v1").Data, "org/boats"); err != nil || f.Commit != hubtest.Commit {
		t.Errorf("another revision %+v, %v", f, err)
	}
	_, err = Fetch(t.Context(), s.Env, d, "./boats")
	refused(t, err, fault.Usage, "", `"./boats": no such folder`)
	here := t.TempDir()
	_, err = Fetch(t.Context(), s.Env, d, here)
	refused(t, err, fault.Usage, "", here, "is a folder here: there is nothing to download")
	s.variables["HF_HUB_OFFLINE"] = "1"
	_, err = Fetch(t.Context(), s.Env, d, "org/ships")
	refused(t, err, fault.Offline, hub.OfflineMode, "org/ships")
}

func TestFetchTask(t *testing.T) {
	s := surround(t)
	onGLUE(t, s)
	d := settled(t, "").Data
	f, err := Fetch(t.Context(), s.Env, d, "STS-B")
	must(t, err)
	var list []string
	for _, file := range f.Files {
		list = append(list, file.Name)
	}
	slices.Sort(list)
	if f.Name != "stsb" || f.Kind != "task" || !slices.Equal(list, []string{"stsb-dev", "stsb-test", "stsb-train"}) || f.Downloaded == 0 || f.Commit != hubtest.Commit {
		t.Errorf("fetched %+v", f)
	}
	if !slices.Equal(names(t, f.Folder), list) {
		t.Errorf("%s holds %q", f.Folder, names(t, f.Folder))
	}
	s.variables["HF_HUB_OFFLINE"] = "1"
	if f, err = Fetch(t.Context(), s.Env, d, "stsb"); err != nil || f.Downloaded != 0 || f.Bytes == 0 {
		t.Errorf("the second time %+v, %v", f, err)
	}
	if _, err = Fetch(t.Context(), s.Env, d, "wnli"); fault.ClassOf(err) != fault.Offline {
		t.Errorf("another task, offline: %v", err)
	}
}

// TestFetchBuiltIn: nothing is to be downloaded, and the list of files is empty, not null.
func TestFetchBuiltIn(t *testing.T) {
	for _, name := range []string{"mini", "demo", "DEMO"} {
		f, err := Fetch(t.Context(), env(t), settled(t, "").Data, name)
		must(t, err)
		if f.Kind != "built in" || f.Name != name || f.Files == nil || len(f.Files) != 0 || f.Bytes != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
