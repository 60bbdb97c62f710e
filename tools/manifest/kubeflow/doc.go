// Package kubeflow checks the manifests that gmel cluster mpijob and trainjob print against the definitions that Kubeflow publishes for
// an API server (CustomResourceDefinition).
package kubeflow
