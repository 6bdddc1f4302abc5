package kerneltest_test

import (
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
)

func TestNew(t *testing.T) {
	names := kernel.Names()
	for name, want := range map[string]string{"": names[len(names)-1], "portable": "portable"} {
		t.Setenv("DYLORA_KERNEL", name)
		if got := kerneltest.New(t).Name(); got != want {
			t.Errorf("DYLORA_KERNEL=%s: machine %s, want %s", name, got, want)
		}
	}
}

func TestOnEveryLevel(t *testing.T) {
	var levels []kernel.Level
	kerneltest.OnEveryLevel(t, func(t *testing.T, mc *kernel.Machine) {
		if t.Name() != "TestOnEveryLevel/"+mc.Name() {
			t.Errorf("subtest %s on %s", t.Name(), mc.Name())
		}
		levels = append(levels, mc.Level())
	})
	if !slices.Equal(levels, kernel.Levels()) {
		t.Errorf("ran on %v, want %v", levels, kernel.Levels())
	}
}
