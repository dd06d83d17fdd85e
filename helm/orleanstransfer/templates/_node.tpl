{{/*
Pod of one node. Takes root, component, role, devices, gpus, image, resources, nodeSelector, tolerations, and for workers spread.
*/}}
{{- define "orleanstransfer.node" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
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
      periodSeconds: 2
      timeoutSeconds: 5
      failureThreshold: 60
    readinessProbe:
      httpGet:
        path: /health/ready
        port: http
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
      {{- if $values.data.existingClaim }}
      - name: data
        mountPath: {{ $values.data.mountPath }}
        readOnly: {{ $values.data.readOnly }}
      {{- end }}
volumes:
  - name: scratch
    emptyDir:
      sizeLimit: {{ $values.scratch.sizeLimit }}
  {{- with $values.data.existingClaim }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ . }}
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
