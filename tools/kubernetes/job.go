package main

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/batch/validation"
)

// validateJob is the server's validation of a Job that is created, with the labels and the selector that the server gives it first.
func validateJob(j *batch.Job) field.ErrorList {
	const uid = "0b9c7d2e-0000-4000-8000-000000000000"
	j.Namespace, j.UID = "default", types.UID(uid)
	if j.Spec.Template.Labels == nil {
		j.Spec.Template.Labels = map[string]string{}
	}
	maps.Copy(j.Spec.Template.Labels, map[string]string{
		"controller-uid": uid, "job-name": j.Name, "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": j.Name,
	})
	j.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"batch.kubernetes.io/controller-uid": uid}}
	return validation.ValidateJobCreate(j, validation.JobValidationOptions{RequirePrefixedLabels: true})
}
