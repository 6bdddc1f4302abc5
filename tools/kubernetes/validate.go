// Command validate reads manifests and holds them against what a Kubernetes API server does: strict
// decoding by its types, its defaults, its validation, and of pods the Pod Security Standard
// "restricted".
//
//	go run . ../../docs/deploy/kubernetes.yaml
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsinstall "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchinstall "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/kubernetes/pkg/apis/core"
	coreinstall "k8s.io/kubernetes/pkg/apis/core/install"
	coreconvert "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: validate MANIFEST…")
		os.Exit(2)
	}
	failed := false
	for _, name := range os.Args[1:] {
		text, err := os.ReadFile(name)
		if err == nil {
			err = Validate(text)
		}
		if err != nil {
			failed = true
			fmt.Fprintf(os.Stderr, "validate: %s: %v\n", name, err)
		}
	}
	if failed {
		os.Exit(1)
	}
}

// Validate checks every document of a file of manifests; the error has all that is wrong.
func Validate(manifests []byte) error {
	scheme := runtime.NewScheme()
	coreinstall.Install(scheme)
	appsinstall.Install(scheme)
	batchinstall.Install(scheme)
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	var all []error
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests)))
	for n := 0; ; n++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				all = append(all, errors.New("there is no document"))
			}
			return errors.Join(all...)
		} else if err != nil {
			return err
		}
		object, kind, err := decoder.Decode(text, nil, nil) // strictly, with defaults, to the server's own types
		if err != nil {
			all = append(all, fmt.Errorf("document %d: %w", n+1, err))
			continue
		}
		for _, e := range check(object) {
			all = append(all, fmt.Errorf("document %d, %s: %w", n+1, kind.Kind, e))
		}
	}
}

// check is the server's validation of an object that is created.
func check(object runtime.Object) (faults []error) {
	var found field.ErrorList
	switch o := object.(type) {
	case *apps.Deployment:
		o.Namespace = "default"
		found = appsvalidation.ValidateDeployment(o, corevalidation.PodValidationOptions{})
		faults = restricted(&o.Spec.Template)
	case *batch.Job:
		found = validateJob(o)
		faults = restricted(&o.Spec.Template)
	case *core.Service:
		o.Namespace = "default"
		found = corevalidation.ValidateServiceCreate(o)
	case *core.Secret:
		o.Namespace = "default"
		found = corevalidation.ValidateSecret(o)
	case *core.PersistentVolumeClaim:
		o.Namespace = "default"
		found = corevalidation.ValidatePersistentVolumeClaim(o, corevalidation.PersistentVolumeClaimSpecValidationOptions{})
	default:
		return []error{fmt.Errorf("%T: validate has no check of it", object)}
	}
	for _, e := range found {
		faults = append(faults, e)
	}
	return faults
}

// restricted holds the pods of a template against the Pod Security Standard "restricted" of the latest version.
func restricted(t *core.PodTemplateSpec) (faults []error) {
	var external corev1.PodTemplateSpec
	if err := coreconvert.Convert_core_PodTemplateSpec_To_v1_PodTemplateSpec(t, &external, nil); err != nil {
		return []error{err}
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return []error{err}
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, r := range evaluator.EvaluatePod(level, &external.ObjectMeta, &external.Spec) {
		if !r.Allowed {
			faults = append(faults, fmt.Errorf("restricted: %s: %s", r.ForbiddenReason, r.ForbiddenDetail))
		}
	}
	return faults
}
