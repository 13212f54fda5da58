export { readDashboard } from './definition';
export { drawDashboard } from './draw';
export { DASHBOARD_STYLE } from './style';
export { storyOf, viewDashboard, viewDashboards } from './view';
