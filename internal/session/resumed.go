package session

import (
	"maps"
	"slices"

	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/settings"
)

// Located are the settings of a run with its data where they are now, and what is recorded of these: nil of a run that
// an older version made, whose data are where the settings say. dir is the run folder. Files that the settings name
// otherwise than the run did, and that are not its own, are refused unless that is allowed; then record.Other has a line
// for each.
func Located(r *settings.Resolved, dir string) (*settings.Resolved, *RunData, error) {
	record, err := ReadRunData(dir)
	if err != nil || record == nil {
		return r, record, err
	}
	f := &finder{run: dir, name: dir, data: record, allow: r.Data.AllowChangedData}
	if !data.IsFile(r.Data.Task) {
		return locatedFolder(r, f)
	}
	task, err := f.located("train", r.Data.Task)
	if err != nil {
		return nil, nil, err
	}
	dev, err := f.located("dev", r.Data.DevFile)
	return r.With("task", task).With("dev_file", dev), record, err
}

// located is the value of a setting that names the files of a split, as they are now.
func (f *finder) located(split, spec string) (string, error) {
	stored := f.data.Splits[split]
	if len(stored) == 0 {
		return spec, nil
	}
	given, err := data.Paths(spec)
	if err != nil {
		return "", err
	}
	if slices.EqualFunc(given, stored, func(path string, s Stored) bool { return path == s.Path }) {
		given = nil // it is the run that says so
	}
	paths, other, err := f.find(split, given)
	if err == nil && given != nil {
		err = f.refuse(other)
	}
	if err != nil {
		return "", err
	}
	f.data.note(other)
	return data.JoinPaths(paths), nil
}

// locatedFolder is Located for GLUE's official files.
func locatedFolder(r *settings.Resolved, f *finder) (*settings.Resolved, *RunData, error) {
	if f.data.Folder == nil {
		return r, f.data, nil
	}
	if r.Data.DataDir == f.data.Folder.Path {
		r = r.With("data_dir", f.folder())
	}
	t, err := data.LookupTask(r.Data.Task)
	if err != nil {
		return nil, nil, err
	}
	for _, split := range slices.Sorted(maps.Keys(f.data.Splits)) {
		given, err := t.Paths(r.Data.DataDir, split)
		if err != nil {
			return nil, nil, err
		}
		other, err := f.compare(split, f.data.Splits[split], given)
		if err == nil {
			err = f.refuse(other)
		}
		if err != nil {
			return nil, nil, err
		}
		f.data.note(other)
	}
	return r, f.data, nil
}

// note adds lines about other data, each once.
func (r *RunData) note(lines []string) {
	for _, line := range lines {
		if !slices.Contains(r.Other, line) {
			r.Other = append(r.Other, line)
		}
	}
	slices.Sort(r.Other)
}

// LocatedLayer is the settings of the adapter's run, l, with its data where they are now, for a training that begins with these. layers
// are what the user says, which may name the files. other has a line for each file that is not the run's.
func (a *StoredAdapter) LocatedLayer(l *settings.Layer, layers []*settings.Layer) (located *settings.Layer, other []string, err error) {
	if a.Run == "" {
		return l, nil, nil
	}
	r, err := settings.Resolve(l)
	if err != nil {
		return nil, nil, err
	}
	for _, layer := range layers {
		for _, key := range []string{"task", "dev_file", "data_dir", "allow_changed_data"} {
			v, said := layer.Value(key)
			if file, _ := v.(string); said && (key != "task" || data.IsFile(file) && data.IsFile(r.Data.Task)) {
				r = r.With(key, v)
			}
		}
	}
	r, record, err := Located(r, a.Run)
	if err != nil || record == nil {
		return l, nil, err
	}
	moved := l.Without()
	for key, value := range map[string]string{"task": r.Data.Task, "dev_file": r.Data.DevFile, "data_dir": r.Data.DataDir} {
		if before, ok := l.Value(key); ok && before != value {
			moved.Set(key, l.Place(key), value)
		}
	}
	return moved, record.Other, nil
}
