{{/* Name of this chart within a release. */}}
{{- define "orleanstransfer.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
Prefix of every object's name. A StatefulSet's name has at most 52 characters, of which "-worker-" and the pool's name take 20. What is cut
off is told by a digest, so that long names stay different.
*/}}
{{- define "orleanstransfer.fullname" -}}
{{- $name := printf "%s-%s" .Release.Name (include "orleanstransfer.name" .) }}
{{- if .Values.fullnameOverride }}
{{- $name = .Values.fullnameOverride }}
{{- else if contains (include "orleanstransfer.name" .) .Release.Name }}
{{- $name = .Release.Name }}
{{- end }}
{{- if gt (len $name) 32 }}
{{- printf "%s-%s" (trunc 23 $name | trimSuffix "-") (sha256sum $name | trunc 8) }}
{{- else }}
{{- $name }}
{{- end }}
{{- end }}

{{/* Name under which the nodes of this release find each other, also beside other releases and namespaces on one Redis server. */}}
{{- define "orleanstransfer.clusterId" -}}
{{- $id := default (printf "%s.%s" .Release.Namespace .Release.Name) .Values.clusterId }}
{{- if gt (len $id) 63 }}
{{- printf "%s-%s" (trunc 52 $id) (sha256sum $id | trunc 10) }}
{{- else }}
{{- $id }}
{{- end }}
{{- end }}

{{- define "orleanstransfer.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "orleanstransfer.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* What tells the nodes of this release from all other pods. */}}
{{- define "orleanstransfer.selectorLabels" -}}
app.kubernetes.io/name: {{ include "orleanstransfer.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "orleanstransfer.labels" -}}
{{ include "orleanstransfer.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels of a node's pod; takes root, component and pool. */}}
{{- define "orleanstransfer.podLabels" -}}
{{- with .root.Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{ include "orleanstransfer.selectorLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- with .pool }}
orleanstransfer/pool: {{ . }}
{{- end }}
{{- if .root.Values.workloadIdentity.enabled }}
azure.workload.identity/use: "true"
{{- end }}
{{- end }}
