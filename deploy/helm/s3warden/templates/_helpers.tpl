{{- define "s3warden.selector" -}}
app.kubernetes.io/name: s3warden
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "s3warden.labels" -}}
{{ include "s3warden.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "s3warden.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- /* "true" or nothing, of a setting that is true, false, or auto: by what the cluster has. */ -}}
{{- define "s3warden.monitored" -}}
{{- $crds := .context.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) }}
{{- if or (eq (toString .enabled) "true") (and (eq (toString .enabled) "auto") $crds) }}true{{ end }}
{{- end }}

{{- /* The port of "host:port" or "[host]:port". */ -}}
{{- define "s3warden.port" -}}
{{ regexFind "[0-9]+$" . }}
{{- end }}

{{- /* A duration of gateway.yaml in milliseconds; what is none, such as ${env:NAME}, is 0. */ -}}
{{- define "s3warden.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 }}
{{- mul (regexFind "^[0-9]+" .) (get $units (regexFind "[a-z]+$" .) | default 0) }}
{{- end }}

{{- /* gateway.yaml: what is written in the values, and the sealing keys as files. */ -}}
{{- define "s3warden.gateway" -}}
{{- $gateway := deepCopy .Values.gateway }}
{{- if .Values.sealing.keys }}
{{- $keys := list }}
{{- range .Values.sealing.keys }}
{{- $keys = append $keys (dict "id" .id "secret" (printf "${file:sealing/%s}" .id)) }}
{{- end }}
{{- $gateway = mergeOverwrite $gateway (dict "sts" (dict "keys" $keys)) }}
{{- end }}
{{- toYaml $gateway }}
{{- end }}

{{- /* The Secret with the sealing keys. */ -}}
{{- define "s3warden.sealing" -}}
{{ .Values.sealing.existingSecret | default (printf "%s-sealing" .Release.Name) }}
{{- end }}
