{{/*
Pod of one node. Takes root, component, role, devices, gpus, image, resources, nodeSelector, tolerations, and for workers spread.
*/}}
{{- define "orleanstransfer.node" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $https := $values.security.https.existingSecret -}}
serviceAccountName: {{ include "orleanstransfer.serviceAccountName" $root }}
# A node asks nothing of Kubernetes.
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1654
  runAsGroup: 1654
  fsGroup: 1654
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "orleanstransfer.selectorLabels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- with .pool }}
        orleanstransfer/pool: {{ . }}
        {{- end }}
containers:
  - name: node
    image: {{ .image }}
    imagePullPolicy: {{ $values.image.pullPolicy }}
    args: ["--role", {{ .role | quote }}{{ if ne .role "gateway" }}, "--devices", {{ .devices | quote }}{{ end }}]
    env:
      - name: OTX_NAME
        valueFrom:
          fieldRef:
            fieldPath: metadata.name
      - name: OTX_ADVERTISE
        valueFrom:
          fieldRef:
            fieldPath: status.podIP
      - name: OTX_CLUSTER_ID
        value: {{ include "orleanstransfer.clusterId" $root }}
      - name: OTX_REDIS
        valueFrom:
          secretKeyRef:
            name: {{ $values.redis.existingSecret.name }}
            key: {{ $values.redis.existingSecret.key }}
      - name: OTX_STATE
        value: {{ include "orleanstransfer.state" $root }}
      {{- if not $values.state.url }}
      - name: OTX_BLOB_CONNECTION
        valueFrom:
          secretKeyRef:
            name: {{ $values.state.existingSecret.name }}
            key: {{ $values.state.existingSecret.key }}
      {{- end }}
      {{- include "orleanstransfer.security" $root | trim | nindent 6 }}
      {{- if $values.data.existingClaim }}
      # What recipes may read.
      - name: OTX_DATA_ROOTS
        value: {{ $values.data.mountPath }}
      {{- end }}
      # Without a CPU limit the program would take the whole machine for its own: threads follow what is requested.
      - name: DOTNET_PROCESSOR_COUNT
        valueFrom:
          resourceFieldRef:
            containerName: node
            resource: requests.cpu
            divisor: "1"
      {{- with $values.env }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    ports:
      {{- if ne .role "gateway" }}
      - name: silo
        containerPort: 11111
      - name: clients
        containerPort: 30000
      {{- end }}
      - name: http
        containerPort: 8080
    # The port opens while the node starts; it waits up to 10 s for Redis and 60 s to be admitted, and ends by itself when it is not.
    startupProbe:
      httpGet:
        path: /health/live
        port: http
        {{- if $https }}
        scheme: HTTPS
        {{- end }}
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 60
    readinessProbe:
      httpGet:
        path: /health/ready
        port: http
        {{- if $https }}
        scheme: HTTPS
        {{- end }}
      periodSeconds: 5
      # The check itself gives the blob container 5 s.
      timeoutSeconds: 7
      failureThreshold: 2
    # Whether a node is lost is for the cluster's membership to say, and a node that is declared dead ends by itself. This catches only a process
    # that has not answered for two minutes.
    livenessProbe:
      httpGet:
        path: /health/live
        port: http
        {{- if $https }}
        scheme: HTTPS
        {{- end }}
      periodSeconds: 20
      timeoutSeconds: 10
      failureThreshold: 6
    {{- if eq .component "gateway" }}
    lifecycle:
      preStop:
        # Time for the Service to send requests elsewhere.
        sleep:
          seconds: 5
    {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: ["ALL"]
    resources:
      requests:
        {{- toYaml .resources.requests | nindent 8 }}
      limits:
        {{- toYaml .resources.limits | nindent 8 }}
        {{- if gt (int .gpus) 0 }}
        nvidia.com/gpu: {{ int .gpus }}
        {{- end }}
    volumeMounts:
      - name: scratch
        mountPath: /tmp
      {{- if include "orleanstransfer.hasKeys" $root }}
      - name: api-keys
        mountPath: /etc/orleanstransfer/keys
        readOnly: true
      {{- end }}
      {{- if $https }}
      - name: https
        mountPath: /etc/orleanstransfer/https
        readOnly: true
      {{- end }}
      {{- if $values.security.tls.existingSecret }}
      - name: tls
        mountPath: /etc/orleanstransfer/tls
        readOnly: true
      {{- end }}
      {{- if $values.data.existingClaim }}
      - name: data
        mountPath: {{ $values.data.mountPath }}
        readOnly: {{ $values.data.readOnly }}
      {{- end }}
volumes:
  - name: scratch
    emptyDir:
      sizeLimit: {{ $values.scratch.sizeLimit }}
  {{- if include "orleanstransfer.hasKeys" $root }}
  - name: api-keys
    secret:
      secretName: {{ $values.security.apiKeys.existingSecret.name }}
      defaultMode: 288 # 0440: the pod's group
      items:
        - key: {{ $values.security.apiKeys.existingSecret.key }}
          path: keys.yaml
  {{- end }}
  {{- with $https }}
  - name: https
    secret:
      secretName: {{ . }}
      defaultMode: 288 # 0440: the pod's group
  {{- end }}
  {{- with $values.security.tls.existingSecret }}
  - name: tls
    secret:
      secretName: {{ . }}
      defaultMode: 288 # 0440: the pod's group
  {{- end }}
  {{- with $values.data.existingClaim }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ . }}
  {{- end }}
{{- end }}

{{/* Whether nodes get a keys file. */}}
{{- define "orleanstransfer.hasKeys" -}}
{{- if and .Values.security.apiKeys.existingSecret.name (not .Values.security.allowAnonymous) }}yes{{ end }}
{{- end }}

{{/* Variables that say whom a node answers. Files of mounted secrets are read again when they change. */}}
{{- define "orleanstransfer.security" -}}
{{- $security := .Values.security }}
{{- $nobody := "security: name a secret with the API's keys (security.apiKeys.existingSecret.name) or an issuer of tokens" }}
{{- if $security.allowAnonymous }}
{{- if or $security.jwt.authority $security.protectMetrics }}
{{- fail "security.allowAnonymous contradicts security.jwt.authority and security.protectMetrics." }}
{{- end }}
- name: OTX_ALLOW_ANONYMOUS
  value: "1"
{{- else if include "orleanstransfer.hasKeys" . }}
- name: OTX_API_KEYS
  value: /etc/orleanstransfer/keys/keys.yaml
{{- else if not $security.jwt.authority }}
{{- fail (printf "%s (security.jwt.authority), or set security.allowAnonymous." $nobody) }}
{{- end }}
{{- with $security.jwt.authority }}
- name: OTX_JWT_AUTHORITY
  value: {{ . | quote }}
- name: OTX_JWT_AUDIENCE
  value: {{ required "security.jwt.audience: say whom the tokens are meant for." $security.jwt.audience | quote }}
{{- with $security.jwt.roles }}
- name: OTX_JWT_ROLES
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if $security.protectMetrics }}
- name: OTX_PROTECT_METRICS
  value: "1"
{{- end }}
{{- if $security.https.existingSecret }}
- name: OTX_HTTPS_CERT
  value: /etc/orleanstransfer/https/tls.crt
- name: OTX_HTTPS_KEY
  value: /etc/orleanstransfer/https/tls.key
{{- end }}
{{- if $security.tls.existingSecret }}
- name: OTX_TLS_CERT
  value: /etc/orleanstransfer/tls/tls.crt
- name: OTX_TLS_KEY
  value: /etc/orleanstransfer/tls/tls.key
- name: OTX_TLS_CA
  value: /etc/orleanstransfer/tls/ca.crt
{{- with $security.tls.peerName }}
- name: OTX_TLS_PEER_NAME
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Where the state is, as the program reads it. */}}
{{- define "orleanstransfer.state" -}}
{{- if .Values.state.url -}}
azure:{{ .Values.state.url }}
{{- else -}}
azure:container={{ default (include "orleanstransfer.fullname" .) .Values.state.container }}
{{- end -}}
{{- end }}
