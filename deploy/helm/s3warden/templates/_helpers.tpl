{{- define "s3warden.selector" -}}
app.kubernetes.io/name: s3warden
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "s3warden.labels" -}}
{{ include "s3warden.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* The port of "host:port" or "[host]:port". */ -}}
{{- define "s3warden.port" -}}
{{ regexFind "[0-9]+$" . }}
{{- end }}
